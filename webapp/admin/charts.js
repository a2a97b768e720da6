import { h, s } from "./dom.js";
import { bytes, count, percent, time } from "./format.js";

/** How requests were answered: the name of a member, the words for it, and its colour. */
export const OUTCOMES = [
  ["hit", "Hit"],
  ["in-flight", "In flight"],
  ["fetched", "Fetched"],
  ["miss", "Miss"],
  ["error", "Error"],
];

export const served = minute => minute.hit + minute["in-flight"];
export const asked = minute => OUTCOMES.reduce((sum, [name]) => sum + minute[name], 0);

function legend(entries) {
  return h("ul", { class: "legend" }, entries.map(([name, words, value]) =>
    h("li", {}, h("span", { class: "swatch fill-" + name }), words, value !== undefined && h("b", {}, value))));
}

/** The requests of the last hour: a bar for each minute, and the hit rate as a line. */
export function requests(minutes) {
  const isNarrow = window.innerWidth < 500;
  const width = isNarrow ? 360 : 620, height = isNarrow ? 210 : 230, left = 34, right = 40, bottom = 22, top = 10;
  const plotHeight = height - bottom - top;
  const step = (width - left - right) / minutes.length;
  const most = nice(Math.max(4, ...minutes.map(asked)));
  const y = value => top + plotHeight * (1 - value / most);
  const sums = OUTCOMES.map(([name, words]) => [name, words, count(minutes.reduce((sum, minute) => sum + minute[name], 0))]);
  const all = minutes.reduce((sum, minute) => sum + asked(minute), 0);
  const hits = minutes.reduce((sum, minute) => sum + served(minute), 0);
  const bars = minutes.map((minute, index) => {
    let below = 0;
    const x = left + index * step;
    const parts = OUTCOMES.map(([name]) => {
      const value = minute[name];
      if (!value) return null;
      const part = s("rect", { class: "fill-" + name, x: x + step * 0.12, width: step * 0.76, y: y(below + value), height: (plotHeight * value) / most });
      below += value;
      return part;
    });
    const words = time(minute.at * 1000) + ": " + OUTCOMES.map(([name, word]) => word + " " + minute[name]).join(", ");
    return s("g", {}, s("title", {}, words), s("rect", { class: "catch", x, y: top, width: step, height: plotHeight }), ...parts.filter(Boolean));
  });
  let pen = "M";
  const rate = minutes.map((minute, index) => {
    if (asked(minute) === 0) {
      pen = "M";
      return "";
    }
    const point = `${pen}${left + (index + 0.5) * step} ${top + plotHeight * (1 - served(minute) / asked(minute))}`;
    pen = "L";
    return point;
  }).join("");
  const marks = [0, 1, 2].map(part => [
    s("line", { class: "grid", x1: left, x2: width - right, y1: y((most * part) / 2), y2: y((most * part) / 2) }),
    s("text", { class: "axis", x: left - 6, y: y((most * part) / 2) + 4, "text-anchor": "end" }, count((most * part) / 2)),
    s("text", { class: "axis", x: width - right + 6, y: y((most * part) / 2) + 4 }, part * 50 + "\u202f%"),
  ]);
  const times = [0, 20, 40, 59].map(index =>
    s("text", { class: "axis", x: left + (index + 0.5) * step, y: height - 5, "text-anchor": index === 0 ? "start" : index === 59 ? "end" : "middle" },
      index === 59 ? "now" : time(minutes[index].at * 1000)));
  const label = all === 0 ? "No requests for narinfos or NARs in the last hour"
    : `Requests in the last hour: ${count(all)}, of which ${percent(hits, all)} were hits`;
  return [
    s("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...marks.flat(), ...bars, s("path", { class: "rate", d: rate }), ...times),
    legend([...sums, ["rate", "Hit rate", percent(hits, all)]]),
  ];
}

/** The next even number that is round, as the top of a scale. */
function nice(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.max(4, [1, 2, 3, 4, 5, 6, 8, 10].map(factor => factor * unit).find(round => round >= value && round % 2 === 0) ?? 2 * unit * 5);
}

/** A bar of parts, each `[name, words, bytes]`, to a scale that several bars share. */
function bar(title, total, parts, scale) {
  let x = 0;
  const rects = parts.filter(part => part[2] > 0).map(([name, words, value]) => {
    const width = Math.max(0.4, (100 * value) / scale);
    const rect = s("rect", { class: "fill-" + name, x, y: 0, width, height: 10 }, s("title", {}, words + " " + bytes(value)));
    x += width;
    return rect;
  });
  return h("div", { class: "measure" },
    h("div", { class: "measure-head" }, h("span", {}, title), h("b", {}, bytes(total))),
    s("svg", { class: "measure-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": title + ": " + bytes(total) },
      s("rect", { class: "track", x: 0, y: 0, width: 100, height: 10 }), ...rects));
}

/** What is stored, from the statistics. */
export function storageFigures(figures) {
  const whole = [];
  for (const [name, value] of Object.entries(figures)) {
    const form = /^whole\.(.+)\.bytes$/.exec(name);
    if (form) whole.push([form[1], value]);
  }
  const wholeBytes = whole.reduce((sum, [, value]) => sum + value, 0);
  const chunks = figures.chunkBytesAfterDeduplication;
  return {
    whole,
    chunks,
    nars: figures.narBytes,
    stored: wholeBytes + chunks,
    saved: Math.max(0, figures.chunkBytesBeforeDeduplication - chunks),
    disk: figures.storedBytes ?? wholeBytes + chunks,
  };
}

/** A picture of the storage: the contents, how they are stored, and the limit. */
export function storage(state) {
  const figures = state.figures;
  if (!figures) return h("p", { class: "empty" }, "Counting what is stored…");
  const { whole, chunks, nars, stored, saved, disk } = storageFigures(figures);
  const scale = Math.max(1, nars, stored + saved);
  const parts = [
    ["chunks", "Chunks", chunks],
    ...whole.map(([compression, value], index) => ["whole" + (index % 3), "Whole files, " + compression, value]),
  ];
  const rows = [
    bar("All NARs, unpacked", nars, [["nars", "NARs", nars]], scale),
    bar("As stored", stored, [...parts, ["saved", "Saved by deduplication", saved]], scale),
    legend([...parts.filter(part => part[2] > 0).map(([name, words, value]) => [name, words, bytes(value)]),
      ...(saved > 0 ? [["saved", "Saved by deduplication", bytes(saved)]] : [])]),
  ];
  if (state.limitBytes !== undefined) {
    rows.push(bar(`Of the limit of ${bytes(state.limitBytes)}`, disk, [["disk", "Stored", disk]], Math.max(state.limitBytes, disk)));
  }
  const facts = [];
  if (nars > stored && stored > 0) facts.push(`Takes ${percent(stored, nars)} of the unpacked size.`);
  if (state.freeBytes !== undefined) facts.push(`${bytes(state.freeBytes)} free on the disk.`);
  if (state.problem) facts.push("Free space unknown: " + state.problem);
  rows.push(h("p", { class: "muted small" }, facts.join(" ")));
  return rows;
}

/** A progress bar; moving if the total is unknown. */
export function progress(done, total, label) {
  return total ? h("progress", { max: String(total), value: String(Math.min(done, total)), "aria-label": label }) : h("progress", { "aria-label": label });
}
