// Which map and which heads are shown, for every view that shows one.

import { el } from "./dom.mjs";
import { number } from "./scale.mjs";
import { headsName, mapName } from "./store.mjs";

/** The chooser; `maps` are the numbers of the maps on offer. */
export function toolbar({ store, place, go }, maps) {
  const { report } = store;
  const select = el("select", { id: "map", "aria-label": "layer", onchange: () => go({ map: Number(select.value), query: null, key: null }) });
  for (const map of maps) select.append(el("option", { value: map, text: mapName(report.maps[map]) }));
  select.value = String(place.map);
  const map = report.maps[place.map];
  const heads = el("div", { class: "heads", role: "group", "aria-label": map.derived ? "layers" : "heads" });
  for (let head = 0; head < map.heads; head++) {
    heads.append(
      el("button", {
        type: "button", class: "chip", text: String(head), "aria-pressed": String(place.heads.includes(head)),
        title: `${map.derived ? "layer" : "head"} ${head} (with Shift or Ctrl: add to the mean)`,
        onclick: (event) => go({ heads: event.shiftKey || event.ctrlKey || event.metaKey ? toggled(place.heads, head) : [head] }),
      }),
    );
  }
  if (map.heads > 1 && !map.derived) {
    const all = place.heads.length === map.heads;
    heads.append(
      el("button", {
        type: "button", class: "chip wide", text: "mean", "aria-pressed": String(all),
        onclick: () => go({ heads: all ? [0] : Array.from({ length: map.heads }, (_, head) => head) }),
      }),
    );
  }
  return el("div", { class: "toolbar" }, select, heads);
}

/** What is shown, and the plain numbers of a single head. */
export function heading(report, place) {
  const map = report.maps[place.map];
  const summary = place.heads.length === 1 ? map.summaries?.[place.heads[0]] : undefined;
  const roles = report.roles.filter((score) => score.above && score.map === place.map && place.heads.length === 1 && score.head === place.heads[0]);
  return el(
    "div",
    { class: "heading" },
    el("h2", { text: `${mapName(map)}, ${headsName(map, place.heads)}` }),
    ...roles.map((score) => el("span", { class: "badge", title: `score ${number(score.score)}, baseline ${number(score.baseline)}`, text: score.role + (score.detail ? ` (${score.detail})` : "") })),
    summary ? el("span", { class: "note", text: `entropy ${number(summary[0])} nats · looks ${number(summary[1])} positions away · largest weight ${number(summary[2])} (means over queries)` }) : null,
  );
}

/** With `head` added, or taken away unless it is the last. */
export function toggled(heads, head) {
  if (!heads.includes(head)) return [...heads, head].sort((a, b) => a - b);
  return heads.length > 1 ? heads.filter((other) => other !== head) : heads;
}
