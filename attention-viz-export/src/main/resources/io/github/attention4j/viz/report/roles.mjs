// What heads do: scores beside their baselines, and which heads look alike.

import { el, token } from "./dom.mjs";
import { number, SERIES } from "./scale.mjs";
import { visible } from "./tokens.mjs";

const COLUMNS = [
  ["role", "Role", (score) => score.role + (score.detail ? ` (${score.detail})` : "")],
  ["head", "Head", (score) => `${score.kind} ${score.layer}.${score.head}`],
  ["score", "Score", (score) => number(score.score)],
  ["baseline", "Baseline", (score) => number(score.baseline)],
  ["surprise", "Surprise", (score) => number(score.surprise)],
  ["rows", "Rows", (score) => String(score.rows)],
];

/** Scores in an order; text columns rise, numbers fall. */
export function sortedScores(scores, column, reversed) {
  const text = (score) => (column === "head" ? `${score.kind} ${String(score.layer).padStart(5)} ${String(score.head).padStart(5)}` : score.role);
  const order = column === "role" || column === "head" ? (a, b) => text(a).localeCompare(text(b)) : (a, b) => b[column] - a[column];
  return [...scores].sort((a, b) => (reversed ? -1 : 1) * order(a, b));
}

/** One role per head, the most surprising; positional only where nothing more telling was found. */
export function mainRoles(scores) {
  const best = new Map();
  const telling = (score) => score.role !== "positional";
  for (const score of scores) {
    const head = `${score.map}.${score.head}`;
    const known = best.get(head);
    if (!known || (telling(score) && !telling(known))) best.set(head, score);
  }
  return [...best.values()];
}

/** The table of `scores`; at most `limit` rows. */
export function roleTable({ store, go }, scores, limit) {
  const body = el("tbody");
  const heads = COLUMNS.map(([column, name]) => {
    const head = el("th", { scope: "col", "aria-sort": column === "surprise" ? "descending" : "none" }, el("button", { type: "button", text: name, onclick: () => sort(column) }));
    head.dataset.column = column;
    return head;
  });
  let last = { column: "surprise", reversed: false };

  function sort(column) {
    const reversed = last.column === column && !last.reversed;
    last = { column, reversed };
    const falls = (column !== "role" && column !== "head") !== reversed;
    for (const head of heads) head.setAttribute("aria-sort", head.dataset.column !== column ? "none" : falls ? "descending" : "ascending");
    fill(sortedScores(scores, column, reversed));
  }

  function fill(list) {
    body.replaceChildren(...list.slice(0, limit).map((score) => roleRow(store, go, score)));
  }

  fill(sortedScores(scores, "surprise", false));
  return el("table", { class: "roles" }, el("thead", {}, el("tr", {}, ...heads, el("th", { scope: "col", text: "Cells that show it" }))), body);
}

function roleRow(store, go, score) {
  const open = (place) => go({ map: score.map, heads: [score.head], query: null, key: null, ...place });
  const cells = COLUMNS.map(([column, , text]) => {
    if (column === "head") return el("td", {}, el("button", { type: "button", class: "link", text: text(score), onclick: () => open({ view: "head" }) }));
    if (column === "surprise") {
      const bar = el("span", { class: "bar" });
      bar.style.setProperty("--weight", Math.max(0, score.surprise).toFixed(3));
      return el("td", { class: "number" }, bar, text(score));
    }
    return el("td", column === "role" ? { text: text(score) } : { class: "number", text: text(score) });
  });
  cells[5].append(score.small ? el("span", { class: "small", title: "too few rows to be sure", text: " small sample" }) : "");
  const evidence = score.cells.map(([query, key, weight]) => {
    const map = store.report.maps[score.map];
    const [from, to] = [store.report.labels[map.queries].texts[query], store.report.labels[map.keys].texts[key]];
    return el(
      "button",
      { type: "button", class: "link evidence", title: `${query} → ${key}`, onclick: () => open({ view: "matrix", query, key }) },
      token(from, visible(from, 12)), " → ", token(to, visible(to, 12)), ` ${number(weight)}`,
    );
  });
  return el("tr", { class: score.above ? "above" : "below" }, ...cells, el("td", {}, ...evidence));
}

/** The tab of the roles. */
export function showRoles(panel, context) {
  const { report } = context.store;
  const above = report.roles.filter((score) => score.above);
  const all = el("input", { type: "checkbox", id: "all-roles", onchange: fill });
  const role = el("select", { id: "role", "aria-label": "role", onchange: fill }, el("option", { value: "", text: "all roles" }));
  for (const name of new Set(report.roles.map((score) => score.role))) role.append(el("option", { value: name, text: name }));
  const place = el("div", { class: "scroll" });

  function fill() {
    const scores = (all.checked ? report.roles : above).filter((score) => role.value === "" || score.role === role.value);
    const none = el("p", { class: "none", text: all.checked ? "No head could show this here." : "No head does this clearly above its baseline." });
    place.replaceChildren(scores.length === 0 ? none : roleTable(context, scores, 400));
    if (scores.length > 400) place.append(el("p", { class: "note", text: `The first 400 of ${scores.length} rows.` }));
  }

  fill();
  panel.replaceChildren(
    el("h2", { text: "What the heads do" }),
    el("p", { class: "note", text: "The baseline is what attention spread evenly over the allowed keys would score; for first tokens, separators and punctuation, what the head’s favourite other keys get, if that is more. Surprise is the share reached of the way from the baseline to 1. A head is said to have a role from a surprise of 0.25 on, at five standard errors or more." }),
    el("p", { class: "choices" }, role, el("label", {}, all, " also scores that are not clearly above their baseline")),
    place,
    ...report.headMaps.map((map) => headMap(context, map)),
  );
}

function headMap({ store, go }, { kind, heads, points, clusters, rows, ofRows, redundant }) {
  const [width, height, pad] = [620, 420, 34];
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const scale = Math.min((width - 2 * pad) / (Math.max(...xs) - Math.min(...xs) || 1), (height - 2 * pad) / (Math.max(...ys) - Math.min(...ys) || 1));
  const x = (i) => width / 2 + (xs[i] - (Math.max(...xs) + Math.min(...xs)) / 2) * scale;
  const y = (i) => height / 2 + (ys[i] - (Math.max(...ys) + Math.min(...ys)) / 2) * scale;
  const named = (i) => `${store.report.maps[heads[i][0]].layer}.${heads[i][1]}`;
  const open = (i) => go({ view: "head", map: heads[i][0], heads: [heads[i][1]], query: null, key: null });
  const plane = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "headmap", role: "group", "aria-label": `map of the heads of ${kind}` });
  points.forEach((_, i) => {
    const node = svg("g", { tabindex: "0", role: "button", "aria-label": `head ${named(i)}, group ${clusters[i]}` });
    const label = svg("text", { x: x(i) + 8, y: y(i) + 4 });
    label.textContent = named(i);
    node.append(svg("circle", { cx: x(i), cy: y(i), r: 5.5, fill: SERIES[Math.min(clusters[i], SERIES.length - 1)] }), label);
    node.addEventListener("click", () => open(i));
    node.addEventListener("keydown", (event) => event.key === "Enter" && open(i));
    plane.append(node);
  });
  const pairs = redundant.slice(0, 12).map(([i, j, distance]) => `${named(i)} and ${named(j)} (${number(distance)})`);
  return el(
    "section",
    {},
    el("h3", { text: `Which heads look alike: ${kind.replaceAll("_", " ")}` }),
    el("p", { class: "note", text: `Near heads look at the same places (Jensen-Shannon distance, ${rows === ofRows ? `all ${rows}` : `${rows} of ${ofRows}`} rows; the plane keeps distances as well as two dimensions can). Colours are groups of average linkage.` }),
    plane,
    el("p", { class: "note", text: pairs.length === 0 ? "No two heads are nearly the same." : `Nearly the same: ${pairs.join(", ")}${redundant.length > 12 ? ` and ${redundant.length - 12} more pairs` : ""}.` }),
  );
}

function svg(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
