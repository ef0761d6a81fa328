// Where the reader is, as a link: #matrix?map=3&heads=1,4&query=2&key=7; #head?map=3&heads=1&top=3

import { DIRECTIONS } from "./segments.mjs";

/** How many keys of each query the head view may be narrowed to. */
export const TOPS = ["1", "3", "10", "all"];

/** The place a hash names; whatever does not exist in the report falls back to something that does. */
export function parsePlace(hash, report) {
  const [view, search = ""] = hash.replace(/^#/, "").split("?");
  const values = new URLSearchParams(search);
  const map = whole(values.get("map"), report.maps.length) ?? 0;
  const heads = report.maps[map] ? report.maps[map].heads : 0;
  const wanted = values.get("heads");
  const chosen =
    wanted === "all"
      ? Array.from({ length: heads }, (_, head) => head)
      : (wanted ?? "0").split(",").map((text) => whole(text, heads)).filter((head) => head !== null);
  return {
    view: view || "overview",
    map,
    heads: chosen.length > 0 ? [...new Set(chosen)].sort((a, b) => a - b) : [0],
    query: whole(values.get("query"), size(report, map, "queries")),
    key: whole(values.get("key"), size(report, map, "keys")),
    pair: DIRECTIONS.includes(values.get("pair")) ? values.get("pair") : null,
    top: TOPS.includes(values.get("top")) ? values.get("top") : null,
  };
}

/** The link to a place. */
export function formatPlace(place, report) {
  const all = report.maps[place.map]?.heads;
  const values = new URLSearchParams();
  values.set("map", place.map);
  values.set("heads", all > 1 && place.heads.length === all ? "all" : place.heads.join(","));
  if (place.query !== null) values.set("query", place.query);
  if (place.key !== null) values.set("key", place.key);
  if (place.pair) values.set("pair", place.pair);
  if (place.top) values.set("top", place.top);
  return `#${place.view}?${values.toString().replaceAll("%2C", ",")}`;
}

function size(report, map, side) {
  const labels = report.maps[map] ? report.labels[report.maps[map][side]] : null;
  return labels ? labels.texts.length : 0;
}

function whole(text, limit) {
  if (text === null || !/^\d{1,9}$/.test(text)) return null;
  const value = Number(text);
  return value < limit ? value : null;
}
