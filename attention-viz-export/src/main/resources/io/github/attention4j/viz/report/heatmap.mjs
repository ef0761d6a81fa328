// A heat map one can move in: wheel and drag, or arrows, + and -, 0.

import { strongest } from "./bars.mjs";
import { announce, colours, el, isDark, sharpen } from "./dom.mjs";
import { number, ramp, step } from "./scale.mjs";
import { segmentColour, stretches } from "./segments.mjs";
import { spoken, visible } from "./tokens.mjs";

const LETTER = 7.3;
const SLANT = Math.PI / 3;

/** Room for the labels, no more than they need: queries to the left, keys slanted above. */
export function margins(queries, keys) {
  const longest = (texts, limit) => texts.reduce((most, text) => Math.max(most, [...visible(text, limit)].length), 1) * LETTER;
  const above = longest(keys.texts, 13);
  return {
    left: Math.round(Math.min(118, 14 + longest(queries.texts, 15))),
    top: Math.round(Math.min(104, 22 + above * Math.sin(SLANT))),
    right: Math.round(12 + above * Math.cos(SLANT)),
  };
}

/** Shows `weights` in a canvas; `pick(query, key)` is called when a cell is chosen. */
export function heatMap({ queries, keys, weights, max, root, place, pick, marks = null, size = 720 }) {
  const [rows, columns] = [queries.texts.length, keys.texts.length];
  const margin = margins(queries, keys);
  const bitmap = paint(weights, rows, columns, max, root);
  const room = Math.min(size, Math.max(320, Math.max(rows, columns) * 34));
  const fit = Math.min(room / columns, room / rows);
  const innerWidth = Math.ceil(Math.min(room, fit * columns));
  const innerHeight = Math.ceil(Math.min(room, fit * rows));
  const [width, height] = [margin.left + innerWidth + margin.right, margin.top + innerHeight + 2];
  const canvas = el("canvas", {
    class: "heat", tabindex: "0", role: "application",
    "aria-label": `heat map, ${rows} queries by ${columns} keys; arrows move, plus and minus zoom, Enter chooses`,
  });
  const readout = el("p", { class: "readout" });
  const details = el("div", { class: "details" });
  const view = { x: 0, y: 0, cell: fit };
  const cursor = startAt(weights, columns, place);

  function draw() {
    const context = sharpen(canvas, width, height);
    const paper = colours();
    context.fillStyle = paper.page;
    context.fillRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(margin.left, margin.top, innerWidth, innerHeight);
    context.clip();
    context.imageSmoothingEnabled = view.cell < 1;
    context.drawImage(bitmap, margin.left - view.x, margin.top - view.y, columns * view.cell, rows * view.cell);
    if (marks && view.cell >= 3) drawMarks(context, paper);
    context.strokeStyle = paper.mark;
    context.lineWidth = 2;
    context.strokeRect(left(cursor.key), top(cursor.query), Math.max(view.cell, 3), Math.max(view.cell, 3));
    context.restore();
    context.strokeStyle = paper.line;
    context.lineWidth = 1;
    context.strokeRect(margin.left - 0.5, margin.top - 0.5, innerWidth + 1, innerHeight + 1);
    drawLabels(context, paper);
    drawPair(context, paper);
  }

  /** Edges along both sides, solid for the first text, dashed for the second, and a cut between them. */
  function drawPair(context, paper) {
    context.save();
    context.beginPath();
    context.rect(0, 0, margin.left + innerWidth, height);
    context.clip();
    context.lineWidth = 3;
    for (const [labels, along] of [[queries, top], [keys, left]]) {
      const [low, high] = along === top ? [margin.top, margin.top + innerHeight] : [margin.left, margin.left + innerWidth];
      for (const { segment, from, to } of stretches(labels, 0, labels.texts.length)) {
        const [start, end] = [Math.max(low, along(from) + 1), Math.min(high, along(to) - 1)];
        if (end <= start) continue;
        context.strokeStyle = segmentColour(segment, isDark());
        context.setLineDash(segment === "B" ? [5, 3] : []);
        context.beginPath();
        if (along === top) { context.moveTo(margin.left - 3, start); context.lineTo(margin.left - 3, end); }
        else { context.moveTo(start, margin.top - 3); context.lineTo(end, margin.top - 3); }
        context.stroke();
      }
    }
    context.setLineDash([3, 3]);
    context.lineWidth = 1;
    context.strokeStyle = paper.mark;
    const [x, y] = [left(keys.pairStart ?? -1), top(queries.pairStart ?? -1)];
    context.beginPath();
    if (keys.pairStart !== undefined && x > margin.left) { context.moveTo(x, margin.top); context.lineTo(x, margin.top + innerHeight); }
    if (queries.pairStart !== undefined && y > margin.top && y < margin.top + innerHeight) { context.moveTo(margin.left, y); context.lineTo(margin.left + innerWidth, y); }
    context.stroke();
    context.restore();
  }

  const left = (key) => margin.left - view.x + key * view.cell;
  const top = (query) => margin.top - view.y + query * view.cell;

  function drawMarks(context, paper) {
    context.fillStyle = paper.mark;
    marks.forEach((key, query) => {
      if (key < 0) return;
      context.beginPath();
      context.arc(left(key) + view.cell / 2, top(query) + view.cell / 2, Math.min(4, view.cell / 4), 0, 7);
      context.fill();
    });
  }

  function drawLabels(context, paper) {
    // Where not every label fits, few that breathe are better than many that touch.
    const every = view.cell >= 12 ? 1 : Math.ceil(22 / view.cell);
    context.font = "12px ui-monospace, monospace";
    context.textBaseline = "middle";
    for (let i = 0; i < rows; i += every) {
      const y = top(i) + view.cell / 2;
      if (y < margin.top || y > height) continue;
      context.fillStyle = i === cursor.query ? paper.accent : paper.faint;
      context.textAlign = "right";
      context.fillText(visible(queries.texts[i], 15), margin.left - 8, y, margin.left - 12);
    }
    for (let i = 0; i < columns; i += every) {
      const x = left(i) + view.cell / 2;
      if (x < margin.left || x > margin.left + innerWidth) continue;
      context.save();
      context.translate(x, margin.top - 8);
      context.rotate(-SLANT);
      context.fillStyle = i === cursor.key ? paper.accent : paper.faint;
      context.textAlign = "left";
      context.fillText(visible(keys.texts[i], 13), 0, 0);
      context.restore();
    }
  }

  function tell(aloud) {
    const weight = weights[cursor.query * columns + cursor.key];
    const text = `${spoken(queries, cursor.query)} looks at ${spoken(keys, cursor.key)}: ${number(weight)}`;
    readout.textContent = text;
    details.replaceChildren(...strongest({ side: "query", at: cursor.query, queries, keys, weights }).nodes, ...strongest({ side: "key", at: cursor.key, queries, keys, weights }).nodes);
    if (aloud) announce(text);
  }

  function move(query, key, aloud) {
    cursor.query = Math.max(0, Math.min(rows - 1, query));
    cursor.key = Math.max(0, Math.min(columns - 1, key));
    tell(aloud);
    draw();
  }

  function zoom(factor, x = innerWidth / 2, y = innerHeight / 2) {
    const cell = Math.max(fit, Math.min(60, view.cell * factor));
    view.x = ((view.x + x) / view.cell) * cell - x;
    view.y = ((view.y + y) / view.cell) * cell - y;
    view.cell = cell;
    pan(0, 0);
  }

  function pan(dx, dy) {
    view.x = Math.max(0, Math.min(columns * view.cell - innerWidth, view.x + dx));
    view.y = Math.max(0, Math.min(rows * view.cell - innerHeight, view.y + dy));
    draw();
  }

  function follow() {
    const [x, y] = [cursor.key * view.cell, cursor.query * view.cell];
    if (x < view.x) view.x = x;
    if (y < view.y) view.y = y;
    if (x + view.cell > view.x + innerWidth) view.x = x + view.cell - innerWidth;
    if (y + view.cell > view.y + innerHeight) view.y = y + view.cell - innerHeight;
  }

  let held = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - margin.left, y: event.clientY - box.top - margin.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    held = { ...at(event), moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const { x, y } = at(event);
    if (held) {
      if (Math.abs(x - held.x) + Math.abs(y - held.y) > 3) held.moved = true;
      if (held.moved) {
        pan(held.x - x, held.y - y);
        held.x = x;
        held.y = y;
      }
    } else if (x >= 0 && y >= 0) {
      move(Math.floor((view.y + y) / view.cell), Math.floor((view.x + x) / view.cell), false);
    }
  });
  canvas.addEventListener("pointerup", () => {
    if (held && !held.moved) pick(cursor.query, cursor.key);
    held = null;
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { x, y } = at(event);
      zoom(event.deltaY < 0 ? 1.25 : 0.8, Math.max(0, x), Math.max(0, y));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (steps) {
      move(cursor.query + steps[0], cursor.key + steps[1], true);
      follow();
      draw();
    } else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") zoom(0);
    else if (event.key === "Enter") pick(cursor.query, cursor.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const zoomButton = (text, label, factor) => el("button", { type: "button", text, "aria-label": label, onclick: () => zoom(factor) });
  tell(false);
  draw();
  return {
    node: el(
      "div",
      { class: "heatbox" },
      el("div", { class: "zoom" }, zoomButton("+", "zoom in", 1.5), zoomButton("−", "zoom out", 1 / 1.5), zoomButton("whole", "whole matrix", 0), readout),
      el("div", { class: "heatrow" }, canvas, details),
    ),
    raster: () => bitmap.toDataURL("image/png"),
  };
}

/** The chosen cell; where only half of it or nothing is chosen, the heaviest one. */
function startAt(weights, columns, { query, key }) {
  if (query !== null && key !== null) return { query, key };
  let best = (query ?? 0) * columns + (key ?? 0);
  for (let i = 0; i < weights.length; i++) {
    if (query !== null && Math.floor(i / columns) !== query) continue;
    if (key !== null && i % columns !== key) continue;
    if (weights[i] > weights[best]) best = i;
  }
  return { query: Math.floor(best / columns), key: best % columns };
}

/** One pixel per cell. */
export function paint(weights, rows, columns, max, root) {
  const bitmap = el("canvas", { width: Math.max(1, columns), height: Math.max(1, rows) });
  const context = bitmap.getContext("2d");
  const image = context.createImageData(bitmap.width, bitmap.height);
  const steps = ramp(isDark());
  for (let i = 0; i < rows * columns; i++) {
    const colour = steps[step(weights[i], max, root)];
    image.data[4 * i] = colour[0];
    image.data[4 * i + 1] = colour[1];
    image.data[4 * i + 2] = colour[2];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return bitmap;
}
