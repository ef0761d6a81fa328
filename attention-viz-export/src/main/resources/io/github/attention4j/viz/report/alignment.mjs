// Cross-attention as an alignment: for every query the key it looks at most.

import { el, token } from "./dom.mjs";
import { showMatrix } from "./matrix.mjs";
import { number } from "./scale.mjs";
import { visible } from "./tokens.mjs";
import { bestKeys } from "./weights.mjs";

/** The matrix with a dot on the best key of each query, and the same as a list. */
export async function showAlignment(panel, context, maps) {
  const { weights, queries, keys } = await showMatrix(panel, context, maps, true);
  const columns = keys.texts.length;
  const rows = bestKeys(weights, columns)
    .map((key, query) => ({ key, query }))
    .filter(({ key }) => key >= 0)
    .slice(0, 400)
    .map(({ key, query }) =>
      el("tr", {},
        el("td", {}, token(queries.texts[query], visible(queries.texts[query]))),
        el("td", {}, token(keys.texts[key], visible(keys.texts[key]))),
        el("td", { class: "number", text: number(weights[query * columns + key]) })),
    );
  panel.append(
    el("h3", { text: "Alignment" }),
    el("div", { class: "scroll short" },
      el("table", {}, el("thead", {}, el("tr", {}, ...["Query", "Looks most at", "Weight"].map((name) => el("th", { scope: "col", text: name })))), el("tbody", {}, ...rows))),
  );
}
