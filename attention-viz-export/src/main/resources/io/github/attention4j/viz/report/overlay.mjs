// Attention over what was seen or heard: patches of the picture, stretches of the spectrogram.

import { announce, colours, el, sharpen, token } from "./dom.mjs";
import { number } from "./scale.mjs";
import { spoken, visible } from "./tokens.mjs";
import { heading, toolbar } from "./toolbar.mjs";
import { topKeys } from "./weights.mjs";

/** The tab of the picture. */
export async function showPicture(panel, context, maps) {
  await showOver(panel, context, maps, pictureCanvas);
}

/** The tab of the sound. */
export async function showSound(panel, context, maps) {
  await showOver(panel, context, maps, soundCanvas);
}

async function showOver(panel, context, maps, over) {
  const { store, place, go } = context;
  const weights = await store.weights(place.map, place.heads);
  const [queries, keys] = [store.queries(place.map), store.keys(place.map)];
  const query = place.query ?? 0;
  const row = weights.subarray(query * keys.texts.length, (query + 1) * keys.texts.length);
  const best = topKeys(weights, keys.texts.length, query, 5);
  const list = el("ol", { class: "tokens query", "aria-label": "queries" }, ...queries.texts.map((text, at) =>
    el("li", {}, el("button", { type: "button", class: "token-button", "aria-pressed": String(at === query), "aria-label": `query ${spoken(queries, at)}`, onclick: () => go({ query: at, key: null }), onkeydown: moveDown }, token(text, visible(text)))),
  ));
  const outside = row.reduce((sum, weight, key) => sum + (keys.places[key]?.length ? 0 : weight), 0);
  panel.replaceChildren(
    toolbar(context, maps),
    heading(store.report, place),
    el("div", { class: "over" }, el("div", { class: "scroll tall" }, list), over(context, queries, keys, row, go, query)),
    el("p", { class: "readout", text: `${spoken(queries, query)} looks most at ${best.map((cell) => `${spoken(keys, cell.key)} ${number(cell.weight)}`).join(", ")}` }),
    store.report.maps[place.map].proof ? el("p", { class: "note", text: store.report.maps[place.map].proof }) : el("span"),
    outside > 0.001 ? el("p", { class: "note", text: `${number(outside)} of the weight lies on keys without a place.` }) : el("span"),
  );
  list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  announce(`query ${spoken(queries, query)}`);
}

/** Arrows move along a list of buttons. */
function moveDown(event) {
  const item = event.currentTarget.parentElement;
  const next = { ArrowDown: item.nextElementSibling, ArrowUp: item.previousElementSibling }[event.key];
  if (next) {
    next.firstChild.focus();
    event.preventDefault();
  }
}

function pictureCanvas(context, queries, keys, row, go, query) {
  const picture = document.getElementById("picture");
  const [width, height] = picture ? fitted(picture.naturalWidth, picture.naturalHeight) : [480, 480];
  const canvas = el("canvas", { role: "img", "aria-label": "attention over the picture" });
  const drawing = sharpen(canvas, width, height);
  if (picture) drawing.drawImage(picture, 0, 0, width, height);
  drawing.fillStyle = picture ? "rgba(8, 12, 24, 0.62)" : colours().line;
  drawing.fillRect(0, 0, width, height);
  const max = row.reduce((most, weight, key) => (keys.places[key]?.length ? Math.max(most, weight) : most), 0);
  row.forEach((weight, key) => {
    const box = keys.places[key];
    if (!box?.length || max === 0) return;
    const [x, y, w, h] = [box[0] * width, box[1] * height, (box[2] - box[0]) * width, (box[3] - box[1]) * height];
    drawing.save();
    drawing.globalAlpha = Math.sqrt(weight / max);
    if (picture) drawing.drawImage(picture, box[0] * picture.naturalWidth, box[1] * picture.naturalHeight, (box[2] - box[0]) * picture.naturalWidth, (box[3] - box[1]) * picture.naturalHeight, x, y, w, h);
    else drawing.fillRect(x, y, w, h);
    drawing.restore();
    if (weight > 0.5 * max) {
      drawing.strokeStyle = "#ffe945";
      drawing.lineWidth = 1.5;
      drawing.strokeRect(x + 1, y + 1, w - 2, h - 2);
    }
  });
  const asking = queries.places[query];
  if (asking?.length) {
    drawing.strokeStyle = "#ffffff";
    drawing.lineWidth = 2.5;
    drawing.setLineDash([6, 4]);
    drawing.strokeRect(asking[0] * width + 4, asking[1] * height + 4, (asking[2] - asking[0]) * width - 8, (asking[3] - asking[1]) * height - 8);
  }
  if (queries.places.length > 0) {
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      const at = queries.places.findIndex((place) => place.length && x >= place[0] && x < place[2] && y >= place[1] && y < place[3]);
      if (at >= 0) go({ query: at, key: null });
    });
  }
  const note = picture
    ? `Patches show through the more they are looked at; the brightest is ${number(max)}.${queries.places.length > 0 ? " The dashed patch is the one that looks; click the picture to choose another." : ""}`
    : "The picture itself was not given to the report.";
  return el("figure", {}, canvas, el("figcaption", { class: "note", text: note }));
}

function fitted(width, height) {
  const scale = Math.min(640 / width, 640 / height);
  return [Math.round(width * scale), Math.round(height * scale)];
}

function soundCanvas({ store }, queries, keys, row) {
  const picture = document.getElementById("spectrogram");
  const [height, curve] = [220, 120];
  // Drawn as wide as the window allows, so that the seconds stay readable.
  const width = Math.min(860, Math.max(260, document.getElementById("panel").clientWidth || 860));
  const end = store.report.seconds ?? Math.max(...keys.places.map((place) => place[1] ?? 0));
  const canvas = el("canvas", { role: "img", "aria-label": "attention over time, below the spectrogram" });
  const drawing = sharpen(canvas, width, height + curve + 22);
  const paper = colours();
  drawing.fillStyle = paper.line;
  drawing.fillRect(0, 0, width, height);
  if (picture) drawing.drawImage(picture, 0, 0, width, height);
  const max = row.reduce((most, weight) => Math.max(most, weight), 0);
  drawing.fillStyle = paper.accent;
  row.forEach((weight, key) => {
    const place = keys.places[key];
    if (!place?.length || max === 0) return;
    const [x, w] = [(place[0] / end) * width, Math.max(1, ((place[1] - place[0]) / end) * width)];
    const bar = (weight / max) * (curve - 8);
    drawing.globalAlpha = 1;
    drawing.fillRect(x, height + curve - bar, w, bar);
    drawing.globalAlpha = 0.45 * (weight / max);
    drawing.fillRect(x, 0, w, height);
  });
  drawing.globalAlpha = 1;
  drawing.fillStyle = paper.faint;
  drawing.font = "12px sans-serif";
  const every = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find((seconds) => end / seconds <= width / 70) ?? 300;
  for (let second = 0; second <= end; second = Math.round((second + every) * 10) / 10) {
    drawing.fillText(`${second} s`, Math.min(width - 26, (second / end) * width), height + curve + 16);
  }
  return el("figure", {}, canvas, el("figcaption", { class: "note", text: `The highest bar is ${number(max)}.${picture ? "" : " The spectrogram itself was not given to the report."}` }));
}
