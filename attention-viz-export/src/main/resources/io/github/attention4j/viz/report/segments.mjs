// The two texts of a pair: told apart by colour, by the pattern of an edge, and by a letter.

import { el } from "./dom.mjs";

/** Okabe and Ito's blue and vermilion, lighter on dark paper. */
const PAIR = { A: ["#0072b2", "#56b4e9"], B: ["#d55e00", "#e69f00"] };

/** Which lines of a pair are shown. */
export const DIRECTIONS = ["AA", "AB", "BA", "BB"];

/** "A" or "B", or null where there is no pair. */
export function segmentOf(labels, at) {
  if (labels.pairStart === undefined) return null;
  return at < labels.pairStart ? "A" : "B";
}

/** Whether a cell goes from one text to the other as `direction` says ("AB": from A to B). */
export function inDirection(direction, queries, keys, query, key) {
  if (!direction || queries.pairStart === undefined || keys.pairStart === undefined) return true;
  return segmentOf(queries, query) === direction[0] && segmentOf(keys, key) === direction[1];
}

/** A text's colour on this paper. */
export function segmentColour(segment, dark) {
  return PAIR[segment][dark ? 1 : 0];
}

/** Stretches of one text within `from` to `to`: where each begins and ends, and which text it is. */
export function stretches(labels, from, to) {
  if (labels.pairStart === undefined) return [];
  const middle = Math.max(from, Math.min(to, labels.pairStart));
  return [{ segment: "A", from, to: middle }, { segment: "B", from: middle, to }].filter((span) => span.to > span.from);
}

/** The key to both texts, or nothing where there is no pair. */
export function pairLegend(...sides) {
  if (sides.every((labels) => labels.pairStart === undefined)) return null;
  const entry = (segment, words) => el("span", { class: `entry segment-${segment}` }, el("strong", { text: segment }), ` ${words}`);
  return el("p", { class: "pair", "aria-label": "the two texts" }, entry("A", "first text (solid edge)"), entry("B", "second text (dashed edge)"));
}

/** Buttons that leave only the lines between two of the texts. */
export function directionButtons({ place, go }, queries, keys) {
  if (queries.pairStart === undefined || keys.pairStart === undefined) return null;
  const button = (direction, text) =>
    el("button", { type: "button", class: "chip wide", text, "aria-label": `show ${text}`, "aria-pressed": String(place.pair === direction), onclick: () => go({ pair: direction }) });
  return el("div", { class: "heads", role: "group", "aria-label": "which text looks at which" }, button(null, "All"), ...DIRECTIONS.map((direction) => button(direction, `${direction[0]} → ${direction[1]}`)));
}
