// Taking a picture away: copied or saved, as SVG or PNG.

import { announce, el } from "./dom.mjs";

/** Buttons for the picture that `draw()` gives as SVG text. */
export function takeButtons(name, draw) {
  const button = (text, act) => el("button", { type: "button", text, onclick: () => act().catch((error) => announce(`${text} failed: ${error.message}`)) });
  return el(
    "div",
    { class: "take", role: "group", "aria-label": "take the picture away" },
    button("Copy SVG", async () => done("SVG copied", await navigator.clipboard.writeText(draw()))),
    button("Copy PNG", async () => done("PNG copied", await navigator.clipboard.write([new ClipboardItem({ "image/png": await png(draw()) })]))),
    button("Save SVG", async () => save(`${name}.svg`, new Blob([draw()], { type: "image/svg+xml" }))),
    button("Save PNG", async () => save(`${name}.png`, await png(draw()))),
  );
}

function done(message) {
  announce(message);
}

/** SVG text as a PNG of twice the size. */
export async function png(svg) {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const scale = Math.min(2, 16000 / Math.max(image.width, image.height));
    const canvas = el("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

function save(name, blob) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  announce(`${name} saved`);
}
