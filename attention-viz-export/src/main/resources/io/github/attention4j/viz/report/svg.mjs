// Pictures to take away, as SVG text.

import { visible } from "./tokens.mjs";
import { css, number, ramp, step } from "./scale.mjs";
import { segmentColour, stretches } from "./segments.mjs";

/** Text safe inside an XML element or attribute. */
export function escapeXml(text) {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function element(name, attributes, content = "") {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  return content === "" ? `<${name}${list.join("")}/>` : `<${name}${list.join("")}>${content}</${name}>`;
}

function text(value, attributes) {
  return element("text", attributes, escapeXml(value));
}

function sheet(width, height, colours, title, body) {
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "sans-serif", "font-size": 12 },
    element("title", {}, escapeXml(title)) + element("rect", { width, height, fill: colours.page }) + body.join(""),
  );
}

/** The edge of one text of a pair, with its letter. */
function edge({ segment }, dark, [x1, y1, x2, y2], [x, y]) {
  const stroke = segmentColour(segment, dark);
  const dash = segment === "B" ? { "stroke-dasharray": "5 3" } : {};
  return element("line", { x1, y1, x2, y2, stroke, "stroke-width": 3, ...dash }) + text(segment, { x, y, fill: stroke, "font-weight": "bold", "text-anchor": "middle" });
}

/** Lines between two columns of tokens. */
export function linesSvg({ title, queries, keys, rows, columns, cells, max, colours, dark = false }) {
  const [row, width, left] = [20, 640, 200];
  const height = 50 + row * Math.max(rows.to - rows.from, columns.to - columns.from);
  const y = (at, range) => 46 + row * (at - range.from);
  const body = [text(title, { x: 10, y: 20, fill: colours.ink, "font-weight": "bold" })];
  for (const { query, key, weight } of cells) {
    body.push(
      element("line", {
        x1: left + 6, y1: y(query, rows) - 4, x2: width - left - 6, y2: y(key, columns) - 4,
        stroke: colours.accent, "stroke-width": 1.6, "stroke-opacity": Math.min(1, weight / max).toFixed(3),
      }),
    );
  }
  for (let i = rows.from; i < rows.to; i++) {
    body.push(text(visible(queries.texts[i]), { x: left, y: y(i, rows), fill: colours.ink, "text-anchor": "end" }));
  }
  for (let i = columns.from; i < columns.to; i++) {
    body.push(text(visible(keys.texts[i]), { x: width - left, y: y(i, columns), fill: colours.ink }));
  }
  for (const [labels, range, x, letter] of [[queries, rows, left + 4, left + 14], [keys, columns, width - left - 4, width - left - 14]]) {
    for (const span of stretches(labels, range.from, range.to)) {
      const [start, end] = [y(span.from, range) - 12, y(span.to - 1, range) + 4];
      body.push(edge(span, dark, [x, start, x, end], [letter, start + 10]));
    }
  }
  return sheet(width, height, colours, title, body);
}

/** A heat map; above `limit` cells the cells come as the picture `raster` (a data address) instead of rectangles. */
export function heatSvg({ title, queries, keys, weights, max, root, dark, colours, raster, limit = 10000 }) {
  const [rows, columns] = [queries.texts.length, keys.texts.length];
  const cell = Math.max(2, Math.min(18, Math.floor(900 / Math.max(rows, columns, 1))));
  const labelled = cell >= 10;
  const [left, top] = [labelled ? 140 : 20, labelled ? 150 : 40];
  const width = left + cell * columns + 20;
  const height = top + cell * rows + 40;
  const body = [text(title, { x: 10, y: 20, fill: colours.ink, "font-weight": "bold" })];
  if (rows * columns > limit) {
    body.push(element("image", { x: left, y: top, width: cell * columns, height: cell * rows, href: raster, preserveAspectRatio: "none" }));
  } else {
    const steps = ramp(dark);
    for (let i = 0; i < rows * columns; i++) {
      const at = step(weights[i], max, root);
      if (at === 0) continue;
      const [x, y] = [left + cell * (i % columns), top + cell * Math.floor(i / columns)];
      body.push(element("rect", { x, y, width: cell, height: cell, fill: css(steps[at]) }));
    }
  }
  body.push(element("rect", { x: left, y: top, width: cell * columns, height: cell * rows, fill: "none", stroke: colours.line }));
  for (let i = 0; labelled && i < rows; i++) {
    body.push(text(visible(queries.texts[i], 18), { x: left - 6, y: top + cell * (i + 0.75), fill: colours.ink, "text-anchor": "end" }));
  }
  for (let i = 0; labelled && i < columns; i++) {
    const [x, y] = [left + cell * (i + 0.75), top - 6];
    body.push(text(visible(keys.texts[i], 18), { x, y, fill: colours.ink, transform: `rotate(-60 ${x} ${y})` }));
  }
  for (const span of stretches(queries, 0, rows)) {
    const [start, end] = [top + cell * span.from + 1, top + cell * span.to - 1];
    body.push(edge(span, dark, [left - 3, start, left - 3, end], [10, (start + end) / 2 + 4]));
  }
  for (const span of stretches(keys, 0, columns)) {
    const [start, end] = [left + cell * span.from + 1, left + cell * span.to - 1];
    body.push(edge(span, dark, [start, top - 3, end, top - 3], [(start + end) / 2, 36]));
  }
  body.push(text(`0 to ${number(max)}${root ? ", square-root scale" : ""}`, { x: left, y: height - 12, fill: colours.ink }));
  return sheet(width, height, colours, title, body);
}
