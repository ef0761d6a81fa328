// The first page: what was run, what it said, what was checked, and what stands out.

import { el, token } from "./dom.mjs";
import { gridOf } from "./grid.mjs";
import { mainRoles, roleTable } from "./roles.mjs";
import { number } from "./scale.mjs";
import { pairLegend, segmentOf } from "./segments.mjs";
import { mapName } from "./store.mjs";
import { visible } from "./tokens.mjs";
import { bestKeys } from "./weights.mjs";

/** Shows the overview. */
export async function showOverview(panel, context) {
  const { report } = context.store;
  const real = report.maps.filter((map) => !map.derived && !map.norm);
  const heads = real.reduce((sum, map) => sum + map.heads, 0);
  const cells = real.reduce((sum, map) => sum + map.heads * report.labels[map.queries].texts.length * report.labels[map.keys].texts.length, 0);
  const above = report.roles.filter((score) => score.above);
  const named = new Set(above.map((score) => `${score.map}.${score.head}`)).size;
  const card = (value, name) => el("div", { class: "card" }, el("strong", { text: value }), el("span", { text: name }));
  panel.replaceChildren(
    el("div", { class: "cards" },
      card(String(real.length), real.length === 1 ? "layer of attention" : "layers of attention"),
      card(String(heads), heads === 1 ? "head" : "heads"),
      card(cells.toLocaleString("en"), "weights"),
      card(String(named), named === 1 ? "head with a role" : "heads with a role"),
      card(`±${number(report.error)}`, "error of the weights shown")),
    el("div", { class: "columns" },
      el("section", {}, el("h2", { text: "The run" }), facts(report)),
      el("section", {}, el("h2", { text: "What stands out" }), await standout(context, above))),
    el("section", {}, el("h2", { text: "All heads" }), await gridOf(context)),
    el("section", {}, el("h2", { text: "What was checked" }), proofs(report, context.go)),
  );
}

function facts(report) {
  const list = el("dl", { class: "facts" });
  for (const [name, value] of Object.entries(report.facts)) {
    const text = value.length > 1200 ? `${value.slice(0, 1200)}…` : value;
    list.append(el("dt", { text: name }), el("dd", {}, el("bdi", { dir: "auto", text })));
  }
  const seen = new Set();
  for (const map of report.maps) {
    for (const side of ["queries", "keys"]) {
      if (seen.has(map[side])) continue;
      seen.add(map[side]);
      const labels = report.labels[map[side]];
      const tokens = labels.texts.slice(0, 120).map((text, at) => {
        const shown = token(text, visible(text, 40));
        shown.classList.add(`segment-${segmentOf(labels, at) ?? "none"}`);
        return shown;
      });
      list.append(
        el("dt", { text: `${labels.texts.length} ${labels.kind}${labels.texts.length === 1 ? "" : labels.kind === "patch" ? "es" : "s"}` }),
        el("dd", { class: "sequence" }, ...tokens, labels.texts.length > 120 ? el("span", { class: "note", text: ` and ${labels.texts.length - 120} more` }) : "", pairLegend(labels)),
      );
    }
  }
  return list;
}

async function standout(context, above) {
  const more = el("button", { type: "button", class: "link", text: "all roles and baselines", onclick: () => context.go({ view: "roles" }) });
  const cross = context.store.report.maps.findLastIndex((map) => map.kind === "cross" && !map.derived && !map.norm);
  if (above.length === 0 && cross >= 0) return el("div", {}, await aligned(context, cross), el("p", {}, more));
  if (above.length === 0) return el("div", { class: "none" }, el("p", { text: "No head does anything clearly above its baseline in this text. A longer text, or many of them, may show more." }), more);
  return el("div", { class: "scroll" }, roleTable(context, mainRoles(above), 8), el("p", {}, more));
}

/** What the decoder wrote, and what of its input it looked at most meanwhile. */
async function aligned({ store, go }, index) {
  const map = store.report.maps[index];
  const heads = Array.from({ length: map.heads }, (_, head) => head);
  const weights = await store.weights(index, heads);
  const [queries, keys] = [store.queries(index), store.keys(index)];
  const columns = keys.texts.length;
  const open = (query, key) => go({ view: "alignment", map: index, heads, query, key });
  const rows = bestKeys(weights, columns)
    .map((key, query) => ({ key, query, weight: key < 0 ? 0 : weights[query * columns + key] }))
    .filter(({ key }) => key >= 0)
    .slice(0, 14)
    .map(({ key, query, weight }) => {
      const bar = el("span", { class: "bar" });
      bar.style.setProperty("--weight", weight.toFixed(3));
      return el("tr", {},
        el("td", {}, el("button", { type: "button", class: "link", onclick: () => open(query, key) }, token(queries.texts[query], visible(queries.texts[query])))),
        el("td", {}, token(keys.texts[key], visible(keys.texts[key])), el("span", { class: "note", text: ` at ${key}` })),
        el("td", { class: "number" }, bar, number(weight)));
    });
  return el("div", {},
    el("p", { class: "note", text: `What was written, and the key it looked at most in ${mapName(map)}, mean of ${map.heads} heads; evenly spread it would be ${number(1 / columns)}.` }),
    el("div", { class: "scroll short" }, el("table", {}, el("thead", {}, el("tr", {}, ...["Written", "Looked most at", "Weight"].map((name) => el("th", { scope: "col", text: name })))), el("tbody", {}, ...rows))));
}

function proofs(report, go) {
  const rows = report.maps.map((map, i) => ({ map, i })).filter(({ map }) => !map.derived && !map.norm).map(({ map, i }) =>
    el("tr", {},
      el("td", {}, el("button", { type: "button", class: "link", text: mapName(map), onclick: () => go({ view: "head", map: i, heads: [0], query: null, key: null }) })),
      el("td", { class: "name", text: map.name }),
      el("td", { class: "number", text: `${map.heads} × ${report.labels[map.queries].texts.length} × ${report.labels[map.keys].texts.length}` }),
      el("td", { class: "proof", text: map.proof || "not checked" })),
  );
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...["Map", "Name in the model", "Heads × queries × keys", "Checked"].map((name) => el("th", { scope: "col", text: name })))), el("tbody", {}, ...rows)));
}
