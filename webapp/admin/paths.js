import { get } from "./api.js";
import { h } from "./dom.js";
import { bytes, count, date, storePath } from "./format.js";

const ORDERS = [["used", "Recently used"], ["most-used", "Most used"], ["largest", "Largest"]];

/** A table of store paths, which grows by "Show more". */
export function pathTable(load, emptyText, isSearch) {
  const rows = h("tbody");
  const table = h("table", { class: "paths" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Name"), h("th", { scope: "col", class: "number" }, "NAR"), h("th", { scope: "col", class: "number", title: "In how many minutes it was asked for" }, "Uses"), h("th", { scope: "col", class: "number" }, "Last used"))), rows);
  const note = h("p", { class: "muted small", role: "status" });
  const more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => next() }, "Show more");
  const node = h("div", {}, table, note, more);
  table.hidden = true;
  let after = "";
  let searched = 0;

  async function next() {
    more.disabled = true;
    note.textContent = "Looking…";
    const page = await load(after);
    const first = rows.children.length;
    rows.append(...page.paths.map(row));
    searched += page.searched ?? 0;
    after = page.next ?? "";
    table.hidden = rows.children.length === 0;
    more.hidden = !page.next;
    more.disabled = false;
    more.textContent = isSearch ? "Search further" : "Show more";
    const shown = rows.children.length;
    if (shown === 0) note.textContent = page.next ? `Nothing among the first ${count(searched)} paths.` : emptyText;
    else if (!isSearch) note.textContent = "";
    else if (page.next) note.textContent = `${count(shown)} found among the first ${count(searched)} paths.`;
    else note.textContent = shown === 1 ? "1 path found." : `${count(shown)} paths found.`;
    if (first > 0) rows.children[first]?.querySelector("a")?.focus();
  }

  return { node, next };
}

function row(path) {
  const { hash, name } = storePath(path.path ?? "");
  return h("tr", {},
    h("th", { scope: "row" }, hash ? h("a", { href: "#/path/" + hash }, name) : h("span", { class: "muted" }, "NAR without a narinfo"),
      h("span", { class: "hash" }, hash || path.narHash.slice(0, 32))),
    h("td", { class: "number" }, bytes(path.narBytes)),
    h("td", { class: "number" }, path.uses === undefined ? "" : count(path.uses)),
    h("td", { class: "number" }, path.usedAt ? h("time", { datetime: path.usedAt }, date(path.usedAt)) : h("span", { class: "muted" }, "not stored")));
}

/** Paths that were searched for, or the last used or largest ones. */
export function pathList(options) {
  const search = options.get("search") ?? "";
  const order = options.get("order") ?? "used";
  const query = search ? "search=" + encodeURIComponent(search) : "order=" + encodeURIComponent(order);
  const table = pathTable(after => get("paths?" + query + (after ? "&after=" + encodeURIComponent(after) : "")),
    search ? "No path matches." : "Nothing is stored yet.", search !== "");
  const title = search ? `Paths matching “${search}”` : "Paths";
  const orders = h("nav", { class: "tabs", "aria-label": "Order" }, ORDERS.map(([name, words]) =>
    h("a", { href: "#/paths?order=" + name, "aria-current": !search && name === order ? "page" : undefined }, words)));
  const trouble = h("p", { class: "banner", role: "alert", hidden: true });
  const node = h("div", { class: "page" }, h("div", { class: "title" }, h("h1", {}, title), orders), trouble, h("section", { class: "card", "aria-label": "Paths" }, table.node));
  return {
    title,
    node,
    async start(refused) {
      document.getElementById("search-text").value = search;
      try {
        await table.next();
      } catch (failure) {
        if (refused(failure)) return;
        trouble.textContent = failure.message;
        trouble.hidden = false;
      }
    },
  };
}
