// Builds elements. Text is always text: nothing here parses HTML, so no name of a path is ever markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element with attributes, listeners (`onclick`) and children. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return node;
}

/** A titled part of a page; `body` is what changes. */
export function card(title, className = "") {
  const id = "card-" + title.toLowerCase().replace(/[^a-z]+/g, "-");
  const body = h("div", { class: "body" });
  const note = h("span", { class: "note" });
  const section = h("section", { class: "card " + className, "aria-labelledby": id },
    h("div", { class: "head" }, h("h2", { id }, title), note), body);
  let before;
  return {
    section,
    note,
    /** Shows what `render` makes of `data`, unless the data are the same as before. */
    update(data, render) {
      const now = JSON.stringify(data);
      if (now === before) return;
      before = now;
      body.replaceChildren(...[render(data)].flat(Infinity).filter(Boolean));
    },
  };
}

/** Says something to a screen reader, and to nobody else. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}
