// The strongest partners of one token, as bars and as words.

import { el, token } from "./dom.mjs";
import { number } from "./scale.mjs";
import { spoken, visible } from "./tokens.mjs";
import { topKeys, topQueries } from "./weights.mjs";

/** What a query looks at (`side` is "query"), or what looks at a key. */
export function strongest({ side, at, queries, keys, weights }, count = 10) {
  const asks = side === "query";
  const found = asks ? topKeys(weights, keys.texts.length, at, count) : topQueries(weights, keys.texts.length, at, count);
  const [own, other, verb] = asks ? [queries, keys, "looks at"] : [keys, queries, "is looked at by"];
  const partner = (cell) => (asks ? cell.key : cell.query);
  const items = found.map((cell) => {
    const bar = el("span", { class: "bar" });
    bar.style.setProperty("--weight", (cell.weight / found[0].weight).toFixed(3));
    const name = other.texts[partner(cell)];
    return el("li", {}, el("span", { class: "value", text: String(partner(cell)) }), token(name, visible(name, 18)), bar, el("span", { class: "value", text: number(cell.weight) }));
  });
  return {
    nodes: [el("h3", {}, token(own.texts[at], visible(own.texts[at])), ` ${verb}`), el("ol", { class: "bars" }, ...items)],
    words: `${spoken(own, at)} ${verb} ${found.slice(0, 3).map((cell) => `${spoken(other, partner(cell))} ${number(cell.weight)}`).join(", ")}`,
  };
}
