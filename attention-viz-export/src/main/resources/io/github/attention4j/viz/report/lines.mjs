// The head view: who looks at whom, as lines between two columns of tokens.

import { strongest } from "./bars.mjs";
import { announce, colours, el, isDark, sharpen, token } from "./dom.mjs";
import { TOPS } from "./place.mjs";
import { directionButtons, inDirection, pairLegend, segmentOf } from "./segments.mjs";
import { headsName, mapName } from "./store.mjs";
import { linesSvg } from "./svg.mjs";
import { takeButtons } from "./take.mjs";
import { spoken, visible } from "./tokens.mjs";
import { heading, toolbar } from "./toolbar.mjs";
import { largest, strongestCells } from "./weights.mjs";

const ROW = 24;
const WINDOW = 160;
const MOST_LINES = 3000;
const MANY_TOKENS = 48;

/** Shows the lines of the chosen heads. */
export async function showLines(panel, context, maps) {
  const { store, place, go } = context;
  const map = store.report.maps[place.map];
  const weights = await store.weights(place.map, place.heads);
  const [queries, keys] = [store.queries(place.map), store.keys(place.map)];
  const [rows, columns] = [range(place.query, queries), range(place.key ?? place.query, keys)];
  const columnsCount = keys.texts.length;
  const max = largest(weights);
  const title = `${mapName(map)}, ${headsName(map, place.heads)}`;
  const selected = { queries: new Set(), keys: new Set() };
  const hovered = { query: null, key: null };
  const canvas = el("canvas", { class: "lines", role: "img", "aria-label": "lines from queries to keys, the darker the heavier" });
  const details = el("div", { class: "details" });

  function wanted(query, key) {
    if (!inDirection(place.pair, queries, keys, query, key)) return false;
    if (hovered.query !== null) return query === hovered.query;
    if (hovered.key !== null) return key === hovered.key;
    if (selected.queries.size + selected.keys.size > 0) {
      return (selected.queries.size === 0 || selected.queries.has(query)) && (selected.keys.size === 0 || selected.keys.has(key));
    }
    if (place.query !== null) return query === place.query;
    if (place.key !== null) return key === place.key;
    return true;
  }

  /** Whoever points at tokens wants all their lines; without that, the lines of many tokens are a thicket. */
  function perQuery() {
    const pointed = hovered.query ?? hovered.key ?? place.query ?? place.key;
    return pointed !== null || selected.queries.size + selected.keys.size > 0 ? Infinity : lineLimit(place.top, rows.to - rows.from);
  }

  const shown = () => strongestCells(weights, columnsCount, rows, columns, wanted, MOST_LINES, perQuery());

  function draw() {
    const height = ROW * Math.max(rows.to - rows.from, columns.to - columns.from);
    const width = canvas.parentElement ? Math.max(120, canvas.parentElement.clientWidth) : 300;
    const drawing = sharpen(canvas, width, height);
    const paper = colours();
    const cells = shown();
    const heaviest = cells.length > 0 ? cells[cells.length - 1].weight : 1;
    drawing.strokeStyle = paper.accent;
    drawing.lineCap = "round";
    for (const { query, key, weight } of cells) {
      const share = weight / heaviest;
      if (share < 0.02) continue;
      drawing.globalAlpha = Math.min(1, 0.04 + share * 0.9);
      drawing.lineWidth = 0.6 + 2.2 * share;
      const [from, to] = [ROW * (query - rows.from + 0.5), ROW * (key - columns.from + 0.5)];
      drawing.beginPath();
      drawing.moveTo(2, from);
      drawing.bezierCurveTo(width * 0.35, from, width * 0.65, to, width - 2, to);
      drawing.stroke();
    }
    shade(queryList, rows.from, (query) => hovered.key === null ? null : weights[query * columnsCount + hovered.key]);
    const base = hovered.query ?? (hovered.key === null ? place.query : null);
    shade(keyList, columns.from, (key) => base === null ? null : weights[base * columnsCount + key]);
  }

  function shade(list, from, weightOf) {
    [...list.children].forEach((item, i) => {
      const weight = weightOf(from + i);
      item.firstChild.style.setProperty("--weight", weight === null || max === 0 ? 0 : (Math.sqrt(weight / max)).toFixed(3));
    });
  }

  function tell(side, at) {
    const { nodes, words } = strongest({ side, at, queries, keys, weights });
    details.replaceChildren(...nodes);
    return words;
  }

  function list(side, labels, span) {
    const chosen = side === "query" ? selected.queries : selected.keys;
    const items = [];
    for (let at = span.from; at < span.to; at++) {
      const button = el("button", {
        type: "button", class: `token-button segment-${segmentOf(labels, at) ?? "none"}`, "aria-pressed": String(place[side] === at), "data-at": at, "aria-label": `${side} ${spoken(labels, at)}`,
        onmouseenter: () => hover(side, at),
        onmouseleave: () => hover(side, null),
        onfocus: () => { hover(side, at); announce(tell(side, at)); },
        onblur: () => hover(side, null),
        onclick: (event) => {
          if (event.shiftKey || event.ctrlKey || event.metaKey) {
            if (!chosen.delete(at)) chosen.add(at);
            button.classList.toggle("selected", chosen.has(at));
            hover(side, null);
          } else go(side === "query" ? { query: place.query === at ? null : at, key: null } : { key: place.key === at ? null : at, query: null });
        },
        onkeydown: (event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          const next = step && button.parentElement.parentElement.children[at - span.from + step];
          if (next) {
            next.firstChild.focus();
            event.preventDefault();
          }
        },
      }, token(labels.texts[at], visible(labels.texts[at])));
      items.push(el("li", {}, button));
    }
    return el("ol", { class: `tokens ${side}`, "aria-label": side === "query" ? "queries" : "keys" }, ...items);
  }

  function hover(side, at) {
    hovered.query = side === "query" ? at : null;
    hovered.key = side === "key" ? at : null;
    if (at !== null) tell(side, at);
    draw();
  }

  const panelToken = () => document.querySelector('.headview [aria-pressed="true"]');
  const queryList = list("query", queries, rows);
  const keyList = list("key", keys, columns);
  panel.replaceChildren(
    toolbar(context, maps),
    heading(store.report, place),
    el("p", { class: "note", text: "Hover or tab to a token to see its lines, click to pin it, Shift-click to select several. Queries stand left, keys right." }),
    pager(context, queries),
    el("div", { class: "choices" }, pairLegend(queries, keys), directionButtons(context, queries, keys), topButtons(context, rows.to - rows.from)),
    el("div", { class: "headview" }, queryList, el("div", { class: "linebox" }, canvas), keyList, details),
    takeButtons(`lines-${map.kind}-${map.layer}-${place.heads.join("-")}`, () => {
      const cells = shown();
      return linesSvg({ title, queries, keys, rows, columns, cells, max: cells.length > 0 ? cells[cells.length - 1].weight : 1, colours: colours(), dark: isDark() });
    }),
  );
  if (place.query !== null) tell("query", place.query);
  else if (place.key !== null) tell("key", place.key);
  else details.replaceChildren(el("p", { class: "note", text: "The strongest keys of a token appear here." }));
  let first = true;
  return () => {
    draw();
    if (first) panelToken()?.scrollIntoView({ block: "nearest" });
    first = false;
  };
}

/** How many lines of a token are drawn: as chosen, or all of few tokens and three of many. */
export function lineLimit(top, tokens) {
  if (top === null) return tokens > MANY_TOKENS ? 3 : Infinity;
  return top === "all" ? Infinity : Number(top);
}

function topButtons({ place, go }, tokens) {
  const limit = lineLimit(place.top, tokens);
  const button = (top) =>
    el("button", {
      type: "button", class: "chip wide", text: top, "aria-label": top === "all" ? "show all lines" : `show the strongest ${top} of each token`,
      "aria-pressed": String(lineLimit(top, tokens) === limit), onclick: () => go({ top }),
    });
  return el("div", { class: "heads", role: "group", "aria-label": "lines of each token" }, el("span", { class: "note", text: "strongest lines of each token" }), ...TOPS.map(button));
}

/** The stretch of a long text that is shown: around the pinned token. */
export function range(at, labels) {
  const length = labels.texts.length;
  const from = Math.max(0, Math.min(length - WINDOW, Math.floor((at ?? 0) / WINDOW) * WINDOW));
  return { from, to: Math.min(length, from + WINDOW) };
}

function pager({ place, go }, labels) {
  const length = labels.texts.length;
  if (length <= WINDOW) return el("span");
  const here = range(place.query, labels);
  const jump = (text, to) => el("button", { type: "button", text, disabled: to < 0 || to >= length, onclick: () => go({ query: to, key: null }) });
  return el(
    "p",
    { class: "pager" },
    jump("‹ before", here.from - WINDOW < 0 && here.from > 0 ? 0 : here.from - WINDOW),
    el("span", { text: ` tokens ${here.from} to ${here.to - 1} of ${length} ` }),
    jump("after ›", here.from + WINDOW),
  );
}
