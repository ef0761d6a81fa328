// The colour scale with its numbers.

import { el, isDark, sharpen } from "./dom.mjs";
import { css, number, ramp, weightAt } from "./scale.mjs";

/** A legend from 0 to `max`; `toggle` is called when the reader changes the scale. */
export function legend({ max, root, error, toggle }) {
  const canvas = el("canvas", { role: "img", "aria-label": `colour scale from 0 to ${number(max)}` });
  const context = sharpen(canvas, 180, 10);
  ramp(isDark()).forEach((colour, i) => {
    context.fillStyle = css(colour);
    context.fillRect((i * 180) / 256, 0, 1.4, 10);
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => el("span", { text: number(weightAt(share, max, root)) }));
  const box = el("input", { type: "checkbox", id: "root", onchange: () => toggle(box.checked) });
  box.checked = root;
  return el(
    "div",
    { class: "legend" },
    el("div", {}, canvas, el("div", { class: "ticks" }, ...ticks)),
    el("label", {}, box, " square-root scale"),
    el("span", { class: "note", text: `shown to ±${number(error)}`, title: "largest error of the stored weights" }),
  );
}
