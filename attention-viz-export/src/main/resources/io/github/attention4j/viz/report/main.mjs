// Puts the page together: the address says where the reader is, every view is drawn from there.

import { showAlignment } from "./alignment.mjs";
import { announce, el } from "./dom.mjs";
import { showGrid } from "./grid.mjs";
import { showLines } from "./lines.mjs";
import { showMatrix } from "./matrix.mjs";
import { showOverview } from "./overview.mjs";
import { showPicture, showSound } from "./overlay.mjs";
import { formatPlace, parsePlace } from "./place.mjs";
import { showRoles } from "./roles.mjs";
import { openStore } from "./store.mjs";
import { visible } from "./tokens.mjs";

const store = openStore();
const scale = { root: true, toggle: (root) => { scale.root = root; draw(); } };
const panel = document.getElementById("panel");
const views = available(store.report);
let drawn = 0;
/** What the view on the page does once it has a width, and again when that changes. */
let attached = null;

/** The tabs of this report: name, title, which maps they are about, and how they are shown. */
function available(report) {
  const maps = (test) => report.maps.map((_, i) => i).filter((i) => test(report.maps[i], report.labels[report.maps[i].keys]));
  const real = maps((map) => !map.derived && !map.norm);
  return [
    { name: "overview", title: "Overview", show: showOverview },
    { name: "grid", title: "All heads", show: showGrid },
    { name: "head", title: "Lines", maps: real, show: showLines },
    { name: "matrix", title: "Matrix", maps: real, show: showMatrix },
    { name: "roles", title: "Roles", show: showRoles },
    { name: "norms", title: "Norms", maps: maps((map) => map.norm), show: showMatrix },
    { name: "flow", title: "Rollout & flow", maps: maps((map) => map.derived !== undefined), show: showMatrix },
    { name: "alignment", title: "Alignment", maps: maps((map) => !map.derived && !map.norm && map.kind === "cross"), show: showAlignment },
    { name: "picture", title: "Picture", maps: maps((map, keys) => !map.derived && !map.norm && (keys.kind === "patch" || keys.kind === "region") && keys.places.length > 0), show: showPicture },
    { name: "sound", title: "Sound", maps: maps((map, keys) => !map.derived && !map.norm && keys.kind === "frame" && keys.places.length > 0), show: showSound },
  ].filter((view) => view.maps === undefined || view.maps.length > 0);
}

/** The place of the address, moved to a map that the view is about. */
function here() {
  const place = parsePlace(location.hash, store.report);
  const view = views.find((other) => other.name === place.view) ?? views[0];
  place.view = view.name;
  if (view.maps && !view.maps.includes(place.map)) {
    place.map = view.maps[0];
    const heads = store.report.maps[place.map].heads;
    place.heads = store.report.maps[place.map].derived ? [heads - 1] : place.view === "alignment" ? Array.from({ length: heads }, (_, head) => head) : [0];
    place.query = null;
    place.key = null;
  }
  return { place, view };
}

function go(change) {
  const { place } = here();
  const next = { ...place, ...change };
  const heads = store.report.maps[next.map].heads;
  next.heads = next.heads.filter((head) => head < heads);
  if (next.heads.length === 0) next.heads = [heads - 1];
  const link = formatPlace(next, store.report);
  if (link === location.hash) draw();
  else location.hash = link;
}

async function draw() {
  const turn = ++drawn;
  const started = performance.now();
  const { place, view } = here();
  document.querySelectorAll("#tabs [role=tab]").forEach((tab) => {
    const chosen = tab.dataset.view === view.name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const focus = document.activeElement?.getAttribute("aria-label");
  const next = el("div");
  attached = null;
  try {
    const shown = await view.show(next, { store, place, go, scale }, view.maps);
    if (turn !== drawn) return;
    if (typeof shown === "function") attached = shown;
  } catch (error) {
    next.replaceChildren(el("p", { class: "none", text: `This view could not be drawn: ${error.message}` }));
    console.error(error);
  }
  if (turn !== drawn) return;
  panel.replaceChildren(...next.childNodes);
  attached?.();
  if (focus) [...panel.querySelectorAll("[aria-label]")].find((node) => node.getAttribute("aria-label") === focus)?.focus({ preventScroll: true });
  document.documentElement.dataset.view = view.name;
  document.documentElement.dataset.drawn = (performance.now() - started).toFixed(1);
  document.documentElement.dataset.turn = String(turn);
}

/** Moves to the neighbouring head or layer of a view that shows one. */
function stepHead(heads, maps) {
  const { place, view } = here();
  if (!view.maps) return;
  const at = view.maps.indexOf(place.map);
  const map = view.maps[(at + maps + view.maps.length) % view.maps.length];
  const count = store.report.maps[map].heads;
  const head = (Math.min(place.heads[0], count - 1) + heads + count) % count;
  go({ map, heads: [head], ...(maps === 0 ? {} : { query: null, key: null }) });
  announce(`layer ${store.report.maps[map].layer}, head ${head}`);
}

function start() {
  const model = store.report.facts.model;
  if (model) {
    document.title = `${visible(model, 60)} · attention`;
    document.getElementById("title").replaceChildren("Attention of ", el("bdi", { text: visible(model, 80) }));
  }
  const tabs = document.getElementById("tabs");
  for (const view of views) {
    tabs.append(el("button", { type: "button", role: "tab", id: `tab-${view.name}`, "data-view": view.name, "aria-controls": "panel", text: view.title, onclick: () => go({ view: view.name }) }));
  }
  tabs.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const at = views.findIndex((view) => view.name === event.target.dataset.view);
    const next = views[(at + by + views.length) % views.length];
    document.getElementById(`tab-${next.name}`).focus();
    go({ view: next.name });
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const moves = { "]": [1, 0], "[": [-1, 0], "}": [0, 1], "{": [0, -1] }[event.key];
    if (moves) stepHead(...moves);
    else if (event.key === "Escape") go({ query: null, key: null });
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    draw();
  });
  document.getElementById("link").addEventListener("click", () =>
    navigator.clipboard.writeText(location.href).then(() => announce("link copied"), () => announce("the link stands in the address bar")),
  );
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  window.addEventListener("hashchange", draw);
  window.addEventListener("resize", () => attached?.());
  draw();
}

start();
