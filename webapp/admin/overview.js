import { get } from "./api.js";
import { asked, progress, requests, served, storage, storageFigures } from "./charts.js";
import { card, h } from "./dom.js";
import { ago, bytes, count, date, host, percent, plural, span, storePath } from "./format.js";

const EVERY = 2000;

/** Everything at a glance, renewed every two seconds while somebody looks. */
export function overview() {
  const tiles = h("dl", { class: "tiles", "aria-label": "At a glance" });
  const cards = {
    flights: card("Coming in", "wide"),
    requests: card("Requests, last hour"),
    storage: card("Storage"),
    upstreams: card("Upstreams"),
    work: card("Background work"),
    problems: card("Recent problems", "wide"),
    members: card("Cluster", "wide"),
  };
  cards.members.section.hidden = true;
  const trouble = h("p", { class: "banner", role: "alert", hidden: true });
  const node = h("div", { class: "page" }, h("h1", { class: "hidden" }, "Overview"), trouble, tiles,
    h("div", { class: "grid" }, Object.values(cards).map(each => each.section)));
  let timer;
  let onRefused = () => false;
  let stopped = false;
  let tilesBefore = "";

  function render(state) {
    const figures = state.storage.figures;
    const now = tile(state, figures);
    if (JSON.stringify(now) !== tilesBefore) {
      tilesBefore = JSON.stringify(now);
      tiles.replaceChildren(...now.map(([term, value, detail]) =>
        h("div", { class: "tile" }, h("dt", {}, term), h("dd", {}, h("span", { class: "value" }, value), detail && h("span", { class: "detail" }, detail)))));
    }
    cards.flights.note.textContent = state.flightCount > state.flights.length ? `${state.flights.length} of ${count(state.flightCount)}` : "";
    cards.flights.update(state.flights, flights);
    cards.requests.update(state.requests, requests);
    cards.storage.note.textContent = state.storage.countedAt ? "counted " + ago(state.storage.countedAt, state.now) : "";
    cards.storage.update({ ...state.storage, countedAt: undefined }, storage);
    cards.upstreams.update(state.upstreams, upstreams);
    cards.work.update({ chores: state.chores, jobs: state.jobs, minute: state.now.slice(0, 16) }, data => work(data, state.now));
    cards.problems.update(state.problems, problems);
    cards.members.section.hidden = !state.members;
    cards.members.update(state.members ?? "", members);
    document.getElementById("foot").textContent = `Narthex ${state.version} · up since ${date(state.upSince)}`;
  }

  async function look() {
    clearTimeout(timer);
    try {
      const state = await get("state");
      if (stopped) return;
      trouble.hidden = true;
      render(state);
    } catch (failure) {
      if (stopped || onRefused(failure)) return;
      trouble.textContent = "The server does not answer; trying again. " + failure.message;
      trouble.hidden = false;
    }
    if (!stopped && !document.hidden) timer = setTimeout(look, EVERY);
  }

  const wake = () => { if (!document.hidden) look(); };
  return {
    title: "Overview",
    node,
    start(refused) {
      onRefused = refused;
      document.addEventListener("visibilitychange", wake);
      look();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    },
  };
}

function tile(state, figures) {
  const all = state.requests.reduce((sum, minute) => sum + asked(minute), 0);
  const hits = state.requests.reduce((sum, minute) => sum + served(minute), 0);
  const sent = state.requests.reduce((sum, minute) => sum + minute.sentBytes, 0);
  const stored = figures ? storageFigures(figures) : undefined;
  return [
    ["Hit rate, last hour", percent(hits, all), `${count(hits)} of ${count(all)}`],
    ["Sent, last hour", bytes(sent), plural(state.requests.reduce((sum, minute) => sum + minute.requests, 0), "request")],
    ["Paths", count(figures?.paths), figures ? `${count(figures.uploadedPaths)} uploaded` : ""],
    ["Stored", bytes(stored?.disk), state.storage.limitBytes === undefined ? "no limit" : `limit ${bytes(state.storage.limitBytes)}`],
    ["Saved by deduplication", bytes(stored?.saved), stored && stored.saved + stored.chunks > 0 ? percent(stored.saved, stored.saved + stored.chunks) + " of all chunks" : ""],
  ];
}

const empty = text => h("p", { class: "empty" }, text);

function flights(list) {
  if (list.length === 0) return empty("Nothing is coming in right now.");
  return h("ul", { class: "rows" }, list.map(flight => {
    const { hash, name } = storePath(flight.name);
    const amount = flight.arrivedBytes === undefined ? "waiting" : flight.sizeBytes ? `${bytes(flight.arrivedBytes)} of ${bytes(flight.sizeBytes)}` : bytes(flight.arrivedBytes);
    const from = flight.direction === "upload" ? "upload" : flight.source ? "from " + host(flight.source) : "asking upstreams";
    return h("li", { class: "flight" },
      h("div", { class: "line" }, hash ? h("a", { class: "name", href: "#/path/" + hash }, name) : h("span", { class: "name" }, name),
        h("span", { class: "amount" }, amount)),
      progress(flight.arrivedBytes ?? 0, flight.sizeBytes, name),
      h("div", { class: "line muted small" }, h("span", {}, from), h("span", {}, span(flight.seconds))));
  }));
}

function upstreams(list) {
  if (list.length === 0) return empty("This server has no upstream.");
  return h("ul", { class: "rows" }, list.map(upstream => {
    const up = upstream.use === "asked";
    const trouble = upstream.text !== "up";
    return h("li", {},
      h("div", { class: "line" },
        h("span", { class: "name" }, h("span", { class: "dot " + (!up ? "bad" : trouble ? "fair" : "good") }), host(upstream.url)),
        h("span", { class: "amount" }, upstream.latencyMillis === undefined ? "not asked yet" : upstream.latencyMillis + "\u00a0ms")),
      h("div", { class: "muted small" }, upstream.text));
  }));
}

const jobTitle = job => "Job " + job.name + (job.target ? " " + job.target : "");

function work({ chores, jobs }, now) {
  const rows = [
    ...jobs.map(job => h("li", {},
      h("div", { class: "line" }, h("span", { class: "name" }, h("span", { class: "dot busy" }), jobTitle(job)),
        h("span", { class: "amount" }, `${count(job.done)}${job.total ? " of " + count(job.total) : ""} ${job.step}`)),
      progress(job.done, job.total, jobTitle(job)))),
    ...chores.map(chore => h("li", {},
      h("div", { class: "line" },
        h("span", { class: "name" }, h("span", { class: "dot " + (chore.running ? "busy" : chore.failed && !chore.finished ? "fair" : "idle") }), sentence(chore.name)),
        h("span", { class: "amount" }, chore.finished ? `${count(chore.finished)}, last ${ago(chore.finishedAt, now)}` : chore.running ? "working" : "nothing to do yet")),
      chore.lastFailure && h("div", { class: "muted small" }, `${count(chore.failed)} failed, last: ${chore.lastFailure}`))),
  ];
  return h("ul", { class: "rows tight" }, rows);
}

const sentence = text => text.charAt(0).toUpperCase() + text.slice(1);

function problems(list) {
  if (list.length === 0) return empty("No warnings and no errors since the start.");
  return h("ol", { class: "rows log" }, list.map(problem => h("li", {},
    h("span", { class: "level " + problem.level }, problem.level),
    h("time", { datetime: problem.at, class: "muted small" }, date(problem.at)),
    h("span", { class: "text" }, problem.text))));
}

function members(text) {
  return h("ul", { class: "chips" }, text.split(" ").filter(Boolean).map(name => h("li", {}, name)));
}
