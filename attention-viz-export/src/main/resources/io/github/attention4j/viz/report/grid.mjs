// All heads at a glance: one thumbnail each, layers down, heads across.

import { el, isDark } from "./dom.mjs";
import { mainRoles } from "./roles.mjs";
import { ramp } from "./scale.mjs";

/** The grids of all kinds. */
export async function gridOf({ store, go }) {
  const kinds = new Map();
  store.report.maps.forEach((map, i) => {
    const kind = map.kind.replaceAll("_", " ");
    const name = map.derived ? `${map.derived} of ${kind}, after each layer` : map.norm ? `norms of ${kind}` : kind;
    if (!kinds.has(name)) kinds.set(name, []);
    kinds.get(name).push(i);
  });
  const sections = [];
  for (const [name, maps] of kinds) {
    const rows = await Promise.all(maps.map((map) => gridRow(store, map, go)));
    sections.push(el("section", {}, el("h3", { text: name }), el("div", { class: "grid" }, ...rows)));
  }
  const widest = store.report.maps.reduce((most, map) => Math.max(most, map.heads), 1);
  const grids = el("div", { class: "grids" }, ...sections);
  grids.style.setProperty("--thumb", `${widest <= 4 ? 116 : widest <= 8 ? 96 : 76}px`);
  return grids;
}

async function gridRow(store, index, go) {
  const map = store.report.maps[index];
  const side = map.thumbnailSide;
  const bytes = await store.thumbnails(index);
  const steps = ramp(isDark());
  const roles = mainRoles(store.report.roles.filter((score) => score.map === index && score.above));
  const cells = [];
  for (let head = 0; head < map.heads; head++) {
    const canvas = el("canvas", { width: side.columns, height: side.rows, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    const image = context.createImageData(side.columns, side.rows);
    const start = head * side.rows * side.columns;
    for (let i = 0; i < side.rows * side.columns; i++) {
      const colour = steps[bytes[start + i]];
      image.data.set([colour[0], colour[1], colour[2], 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    const role = roles.find((score) => score.head === head);
    const label = `${map.norm ? "norms of " : ""}${map.kind} ${map.derived ?? `layer ${map.layer}`}, ${map.derived ? "layer" : "head"} ${head}${role ? `, ${role.role}` : ""}`;
    cells.push(
      el("button", {
        type: "button", class: "thumb", title: label, "aria-label": label,
        onclick: () => go({ view: map.derived ? "flow" : map.norm ? "norms" : "head", map: index, heads: [head], query: null, key: null }),
        onkeydown: moveFocus,
      }, canvas, map.derived || map.norm || !store.report.roles.some((score) => score.above) ? null : el("span", { class: "role", text: role ? role.role : "" })),
    );
  }
  return el("div", { class: "row" }, el("span", { class: "rowname", text: map.derived ? "" : `L${map.layer}` }), ...cells);
}

function moveFocus(event) {
  const button = event.currentTarget;
  const rowOf = button.parentElement;
  const column = [...rowOf.children].indexOf(button);
  const next = {
    ArrowLeft: button.previousElementSibling,
    ArrowRight: button.nextElementSibling,
    ArrowUp: rowOf.previousElementSibling?.children[column],
    ArrowDown: rowOf.nextElementSibling?.children[column],
  }[event.key];
  if (next instanceof HTMLButtonElement) {
    next.focus();
    event.preventDefault();
  }
}

/** The tab of the grid. */
export async function showGrid(panel, context) {
  panel.replaceChildren(
    el("h2", { text: "All heads" }),
    el("p", { class: "note", text: "Every picture is one head: queries down, keys across, darker is heavier (each head on its own square-root scale, largest weight of every block). Click to look closer." }),
    await gridOf(context),
  );
}
