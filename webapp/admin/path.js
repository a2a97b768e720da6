import { get, remove, run } from "./api.js";
import { progress } from "./charts.js";
import { announce, h, s } from "./dom.js";
import { bytes, count, date, host, percent, plural, storePath } from "./format.js";
import { pathTable } from "./paths.js";

/** The page of one store path. */
export function pathPage(hash) {
  const node = h("div", { class: "page" });
  const output = h("div", { class: "output", role: "status" });
  const leaving = new AbortController();
  let refused = () => false;

  async function load() {
    try {
      render(await get("paths/" + hash));
    } catch (failure) {
      if (refused(failure)) return;
      node.replaceChildren(h("div", { class: "card" }, h("h1", {}, failure.status === 404 ? "No such path" : "Not loaded"),
        h("p", {}, failure.status === 404 ? "This server knows no narinfo for " + hash + "." : failure.message),
        h("p", {}, h("a", { href: "#/paths" }, "All paths"))));
    }
  }

  function render(path) {
    const { name } = storePath(path.path);
    const ownPin = path.pin?.hash === path.hash;
    const referrers = pathTable(after => get("paths?referrers=" + hash + (after ? "&after=" + encodeURIComponent(after) : "")), "No other path refers to it.", true);
    const buttons = h("div", { class: "actions" },
      ownPin ? h("button", { type: "button", onclick: event => unpin(event.target, path) }, "Unpin") : h("button", { type: "button", class: "primary", onclick: () => askPin(path) }, "Pin"),
      h("button", { type: "button", onclick: event => verify(event.target) }, "Verify"),
      h("a", { class: "button", href: "../serve/" + hash + "/" }, "Browse files"),
      h("a", { class: "button", href: "../" + hash + ".narinfo" }, "narinfo"),
      h("button", { type: "button", class: "danger", onclick: () => askDelete(path) }, "Delete"));
    node.replaceChildren(
      h("div", { class: "title" }, h("div", {}, h("h1", { tabindex: "-1", id: "path-title" }, name), h("p", { class: "hash" }, path.path))),
      buttons,
      output,
      h("div", { class: "grid" }, stored(path), facts(path), references(path),
        h("section", { class: "card", "aria-labelledby": "referrers" }, h("div", { class: "head" }, h("h2", { id: "referrers" }, "Referred to by")), h("div", { class: "body" }, referrers.node)),
        signatures(path)));
    document.title = name + " – Narthex";
    referrers.next().catch(() => {});
  }

  function say(text, kind = "") {
    output.replaceChildren(h("p", { class: "result " + kind }, text));
  }

  /** Runs a job with its progress below the buttons. */
  async function job(button, path, words) {
    if (button) button.disabled = true;
    const bar = h("div", {});
    const told = h("ul", { class: "told" });
    output.replaceChildren(h("div", { class: "card" }, h("p", {}, words), bar, told));
    try {
      return await run(path, line => {
        if (line.step) bar.replaceChildren(progress(line.done, line.total, words));
        if (line.tell) told.append(h("li", {}, line.tell));
      }, leaving.signal);
    } finally {
      if (button) button.disabled = false;
    }
  }

  async function attempt(work) {
    try {
      await work();
    } catch (failure) {
      if (failure.name === "AbortError" || refused(failure)) return;
      say(failure.message, "bad");
    }
  }

  /** Reads every byte; repairs what is wrong only if asked to. */
  const verify = (button, repairs = false) => attempt(async () => {
    const last = await job(button, "jobs/fsck?path=" + hash + (repairs ? "&repair" : ""), repairs ? "Repairing…" : "Reading every byte…");
    const told = output.querySelector(".told");
    if (last.verdict === "done") {
      say(last.result.storedNars ? `Verified: ${bytes(last.result.readBytes)} read, every byte is right.` : "The narinfo is right; the NAR is not stored.", "good");
      return;
    }
    if (repairs) await load();
    say(last.verdict === "problems" ? `${plural(last.result.wrong, "thing")} wrong${repairs ? `, ${count(last.result.repaired)} repaired` : ""}.` : "The check was stopped.", "bad");
    output.append(told);
    if (last.verdict === "problems" && !repairs) {
      output.append(h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: event => verify(event.target, true) }, "Repair")));
    }
  });

  const unpin = (button, path) => attempt(async () => {
    button.disabled = true;
    await remove("../pin/" + hash + ".narinfo");
    say("No longer pinned.", "good");
    await load();
    focusTitle();
  });

  const focusTitle = () => document.getElementById("path-title")?.focus();

  function askPin(path) {
    const name = h("input", { id: "pin-name", name: "name", maxlength: "100", autocomplete: "off" });
    const expires = h("input", { id: "pin-expires", name: "expires", placeholder: "30d or 2027-01-31; empty for ever", autocomplete: "off" });
    ask("Pin this path?", [
      h("p", {}, "A pinned path is kept with everything that it refers to. Missing NARs of it are fetched."),
      h("label", { for: "pin-name" }, "Name (optional)"), name,
      h("label", { for: "pin-expires" }, "Expires (optional)"), expires,
    ], "Pin", "primary", () => attempt(async () => {
      const query = new URLSearchParams();
      if (name.value.trim()) query.set("name", name.value.trim());
      if (expires.value.trim()) query.set("expires", expires.value.trim());
      const text = query.toString();
      const last = await job(undefined, "../pin/" + hash + ".narinfo" + (text ? "?" + text : ""), "Pinning…");
      say(`Pinned with ${plural(last.result.paths ?? 1, "path")}.`, last.verdict === "done" ? "good" : "bad");
      await load();
      focusTitle();
    }));
  }

  function askDelete(path) {
    ask("Delete this path?", [
      h("p", {}, h("b", {}, storePath(path.path).name), " is deleted from this cache, with its NAR unless another path has the same one. A path from an upstream comes back when somebody asks for it."),
    ], "Delete", "danger", () => attempt(async () => {
      await remove("../" + hash + ".narinfo");
      announce("Deleted");
      location.hash = "#/paths";
    }));
  }

  function ask(title, body, yes, kind, then) {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
      h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), body,
        h("div", { class: "actions" }, h("button", { type: "submit", value: "yes", class: kind }, yes), h("button", { type: "button", onclick: () => dialog.close("no") }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (dialog.returnValue === "yes") then();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  return {
    title: hash,
    node,
    start(onRefused) {
      refused = onRefused;
      load();
    },
    stop: () => leaving.abort(),
  };
}

function section(title, body, className = "") {
  const id = "part-" + title.toLowerCase().replace(/[^a-z]+/g, "-");
  return h("section", { class: "card " + className, "aria-labelledby": id }, h("div", { class: "head" }, h("h2", { id }, title)), h("div", { class: "body" }, body));
}

const empty = text => h("p", { class: "empty" }, text);

function stored(path) {
  if (!path.forms) return section("Stored", empty("The NAR is not stored. It is fetched when somebody asks for it."));
  const scale = Math.max(path.narBytes, ...path.forms.map(form => form.bytes));
  const measure = (title, value, name) => h("div", { class: "measure" },
    h("div", { class: "measure-head" }, h("span", {}, title), h("b", {}, bytes(value))),
    s("svg", { class: "measure-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": title + ": " + bytes(value) },
      s("rect", { class: "track", x: 0, y: 0, width: 100, height: 10 }), s("rect", { class: "fill-" + name, x: 0, y: 0, width: Math.max(0.4, (100 * value) / scale), height: 10 })));
  const rows = [measure("NAR, unpacked", path.narBytes, "nars")];
  for (const form of path.forms) {
    rows.push(measure(form.form === "chunked" ? "As chunks, before deduplication" : "As one file, " + form.compression, form.bytes, form.form === "chunked" ? "chunks" : "whole0"));
    if (form.form === "chunked") {
      rows.push(h("p", { class: "muted small" }, `${plural(form.chunks, "chunk")}, ${form.isSharedComplete ? "" : "at least "}${count(form.sharedChunks)} (${percent(form.sharedChunks, form.chunks)}) shared with other NARs.`));
    }
  }
  return section("Stored", rows);
}

function facts(path) {
  const rows = [
    ["Pinned", path.pin ? [path.pin.name ?? "yes", path.pin.hash !== path.hash && [", by ", h("a", { href: "#/path/" + path.pin.hash }, path.pin.hash)], path.pin.expiresAt && ", until " + date(path.pin.expiresAt)] : "no"],
    ["From", path.upstream ? host(path.upstream) : "upload"],
    ["Announced as", path.compression + (path.fileBytes === undefined ? "" : ", " + bytes(path.fileBytes))],
    ["Narinfo checked", date(path.checkedAt)],
    path.storedAt && ["NAR stored", date(path.storedAt)],
    path.usedAt && ["Last used", date(path.usedAt)],
    path.uses && ["Used in", count(path.uses) + (path.uses === 1 ? " minute" : " minutes")],
    ["NarHash", h("code", {}, path.narHash)],
    path.deriver && ["Deriver", h("code", {}, path.deriver)],
    path.ca && ["Content address", h("code", {}, path.ca)],
  ];
  return section("Facts", h("dl", { class: "facts" }, rows.filter(Boolean).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))));
}

function references(path) {
  if (path.references.length === 0) return section("Refers to", empty("It refers to no path."));
  return section("Refers to", h("ul", { class: "rows tight" }, path.references.map(reference => {
    const { hash, name } = storePath(reference.name);
    return h("li", { class: "line" }, h("a", { class: "name", href: "#/path/" + hash }, name), hash === path.hash ? h("span", { class: "muted small" }, "itself") : !reference.isStored && h("span", { class: "muted small" }, "not stored"));
  })));
}

function signatures(path) {
  if (path.signatures.length === 0) return section("Signatures", empty("It has no signature of others."), "wide");
  return section("Signatures", h("ul", { class: "rows tight" }, path.signatures.map(text => {
    const colon = text.indexOf(":");
    return h("li", {}, h("b", {}, text.slice(0, colon)), h("code", { class: "wrap" }, text.slice(colon + 1)));
  })), "wide");
}
