import { Refused, get, token, useAccount } from "./api.js";
import { announce, h } from "./dom.js";
import { overview } from "./overview.js";
import { pathList } from "./paths.js";
import { pathPage } from "./path.js";

const content = document.getElementById("content");
const search = document.getElementById("search");
const input = document.getElementById("search-text");
const logout = document.getElementById("logout");
const pages = document.getElementById("pages");
const NOT_ADMIN = "This token does not grant administration.";
const UNKNOWN = "The server does not know this token.";
/** Anything else in a link could lead the requests of the page to other URLs of the server. */
const HASH = /^[0-9a-z]{32}$/;
let stop = () => {};

/** The page that the part after # names. */
function page() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean);
  const options = new URLSearchParams(query ?? "");
  if (parts[0] === "path" && HASH.test(parts[1])) return pathPage(parts[1]);
  if (parts[0] === "paths") return pathList(options);
  return overview();
}

function show() {
  stop();
  const here = page();
  stop = here.stop ?? (() => {});
  here.onRefused = refused;
  document.title = here.title + " – Narthex";
  content.replaceChildren(here.node);
  const current = location.hash.startsWith("#/path") ? "#/paths" : "#/";
  for (const link of pages.querySelectorAll("a")) {
    if (link.getAttribute("href") === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  here.start?.(refused);
}

/** What failed: asks for a token if that helps. Returns whether it did. */
function refused(failure) {
  if (!(failure instanceof Refused) || (failure.status !== 401 && failure.status !== 403)) return false;
  stop();
  stop = () => {};
  const hadToken = token.get() !== "";
  token.clear();
  if (failure.status === 403) login(failure.message === "not allowed" ? NOT_ADMIN : failure.message);
  else login(hadToken ? UNKNOWN : "");
  return true;
}

function chrome(isIn) {
  search.hidden = !isIn;
  pages.hidden = !isIn;
  logout.hidden = !isIn || token.get() === "";
}

function login(problem) {
  chrome(false);
  document.title = "Log in – Narthex";
  const field = h("input", { id: "token", type: "password", name: "token", autocomplete: "current-password", required: true, spellcheck: "false", "aria-describedby": problem ? "problem" : undefined });
  const form = h("form", { class: "card login", onsubmit: enter },
    h("img", { src: "favicon.svg", alt: "", width: "56", height: "56" }),
    h("h1", {}, "Narthex administration"),
    h("input", { class: "hidden", type: "text", name: "username", autocomplete: "username", value: "admin", readonly: true, tabindex: "-1", "aria-hidden": "true" }),
    h("label", { for: "token" }, "Admin token"),
    field,
    problem && h("p", { id: "problem", class: "problem", role: "alert" }, problem),
    h("button", { type: "submit", class: "primary" }, "Log in"),
    h("p", { class: "muted small" }, "The token stays in this tab and is forgotten when you close it."),
    h("p", { class: "small" }, h("a", { href: "login" }, "Use an account of the application server")));

  async function enter(event) {
    event.preventDefault();
    token.set(field.value.trim());
    await begin();
  }

  content.replaceChildren(form);
  field.focus();
}

async function begin() {
  try {
    const session = await get("session");
    if (!session.isAdmin) {
      const hadToken = token.get() !== "";
      token.clear();
      login(!hadToken ? "" : session.isKnown ? NOT_ADMIN : UNKNOWN);
      return;
    }
    if (token.get() === "") useAccount();
  } catch (failure) {
    if (refused(failure)) return;
    content.replaceChildren(h("div", { class: "card" }, h("h1", {}, "The server does not answer"), h("p", {}, failure.message),
      h("button", { type: "button", class: "primary", onclick: begin }, "Try again")));
    return;
  }
  chrome(true);
  show();
}

search.addEventListener("submit", event => {
  event.preventDefault();
  const text = input.value.trim();
  if (text) location.hash = "#/paths?search=" + encodeURIComponent(text);
});

document.querySelector(".skip").addEventListener("click", event => {
  event.preventDefault(); // what follows # is the name of the page
  content.focus();
});

logout.addEventListener("click", () => {
  stop();
  token.clear();
  login("");
  announce("Logged out");
});

document.addEventListener("keydown", event => {
  const busy = event.target.matches?.("input, textarea, select") || document.querySelector("dialog[open]");
  if (event.key === "/" && !busy && !search.hidden) {
    event.preventDefault();
    input.focus();
  }
});

window.addEventListener("hashchange", () => {
  if (search.hidden) return;
  show();
  content.focus({ preventScroll: true });
  window.scrollTo(0, 0);
});

begin();
