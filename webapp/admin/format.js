// Numbers, times and names for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const COUNT = new Intl.NumberFormat("en");
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

export function bytes(value) {
  if (value === undefined || value === null) return "–";
  let number = value;
  let unit = 0;
  while (number >= 1000 && unit < UNITS.length - 1) {
    number /= 1024;
    unit++;
  }
  const digits = unit === 0 || number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return number.toFixed(digits) + "\u00a0" + UNITS[unit];
}

export const count = value => (value === undefined || value === null ? "–" : COUNT.format(value));

export const plural = (value, word) => count(value) + " " + word + (value === 1 ? "" : "s");

export function percent(part, whole) {
  if (!whole) return "–";
  const value = (100 * part) / whole;
  return (value >= 99.95 || value < 0.05 ? value.toFixed(0) : value.toFixed(value >= 10 ? 0 : 1)) + "\u202f%";
}

export const date = text => DATE.format(new Date(text));
export const time = text => TIME.format(new Date(text));

/** "3 min": how long something takes or took. */
export function span(seconds) {
  if (seconds < 60) return Math.max(0, Math.round(seconds)) + "\u00a0s";
  if (seconds < 3600) return Math.round(seconds / 60) + "\u00a0min";
  if (seconds < 48 * 3600) return Math.round(seconds / 3600) + "\u00a0h";
  return Math.round(seconds / 86400) + "\u00a0days";
}

/** "3 min ago", by the clock of the server. */
export function ago(text, now) {
  const seconds = (new Date(now) - new Date(text)) / 1000;
  return seconds < 5 ? "just now" : span(seconds) + " ago";
}

const BASE_NAME = /(?:^|\/)([0-9a-z]{32})-(.+)$/;

/** Hash and name of a store path; the whole text as name if it isn't one. */
export function storePath(text) {
  const found = BASE_NAME.exec(text);
  return found ? { hash: found[1], name: found[2] } : { hash: "", name: text };
}

/** A URL without what is the same for all. */
export const host = url => url.replace(/^https?:\/\//, "").replace(/\/$/, "");
