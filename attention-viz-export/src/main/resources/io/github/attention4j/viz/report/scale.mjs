// Colours for weights. Both ramps rise evenly in lightness, so they read the same to colour-blind eyes and in grey print.

const LIGHT = ["#ffffff", "#dbe9f6", "#a9cfe8", "#62a7d2", "#2a74b2", "#0d468f", "#071f4d"];
const DARK = ["#10151f", "#12305f", "#3a4a6e", "#6b6d74", "#9c9376", "#d0bc66", "#ffe945"];

/** The colours of clusters and series, told apart by colour-blind eyes too (Okabe and Ito). */
export const SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"];

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** A ramp of 256 colours as `[r, g, b]`. */
export function ramp(dark) {
  const stops = (dark ? DARK : LIGHT).map(channels);
  const colours = [];
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    colours.push(stops[low].map((c, k) => Math.round(c + (stops[low + 1][k] - c) * (at - low))));
  }
  return colours;
}

/** Where a weight stands on the ramp, 0 to 255. */
export function step(weight, max, root) {
  if (!(max > 0) || !(weight > 0)) return 0;
  const share = Math.min(1, weight / max);
  return Math.round(255 * (root ? Math.sqrt(share) : share));
}

/** The weight at a share of the ramp: what the legend's ticks say. */
export function weightAt(share, max, root) {
  return max * (root ? share * share : share);
}

/** `rgb(…)` for a step. */
export function css(colour) {
  return `rgb(${colour[0]},${colour[1]},${colour[2]})`;
}

/** Three digits that matter. */
export function number(value) {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 0.995) return value.toFixed(2);
  return size >= 0.0005 ? value.toFixed(3) : value.toExponential(1);
}
