// Elements, without a library. Text always goes in as text nodes.

/** A new element; attributes that start with `on` are listeners, `text` is its text. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A token as an element of its own, so that its direction stays inside it. */
export function token(text, shown) {
  return el("bdi", { class: "token", dir: "auto", title: text.length > 400 ? `${text.slice(0, 400)}…` : text, text: shown });
}

/** A canvas as sharp as the screen; returns its context in CSS pixels. */
export function sharpen(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 16000 / Math.max(width, height, 1));
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Says something to people who hear the page. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** The page's colours, as the style sheet has them now. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return { page: read("--page"), ink: read("--ink"), faint: read("--faint"), line: read("--line"), accent: read("--accent"), mark: read("--mark") };
}

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
