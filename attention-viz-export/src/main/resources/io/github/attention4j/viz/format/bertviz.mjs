// A page in the style of BertViz' head view: lines in the colours of the chosen heads.

const COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"];
const [ROW, WIDTH] = [20, 240];

const params = JSON.parse(document.getElementById("params").textContent);
const root = document.getElementById(params.root_div_id);
const state = { set: 0, layer: 0, heads: new Set(params.attention[0].attn[0].map((_, head) => head)), left: null, right: null };

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function choice(label, options, value, change) {
  const select = el("select", { "aria-label": label, onchange: () => change(Number(select.value)) });
  options.forEach((text, i) => select.append(el("option", { value: i }, text)));
  select.value = String(value);
  return el("label", {}, `${label} `, select);
}

function tokens(side, texts) {
  const over = (at) => () => {
    state[side] = at;
    lines();
  };
  return el("ol", { class: side }, ...texts.map((text, at) => el("li", { tabindex: 0, title: text.slice(0, 400), onmouseenter: over(at), onmouseleave: over(null), onfocus: over(at), onblur: over(null) }, el("bdi", {}, text.slice(0, 200) || " "))));
}

function lines() {
  const { attn, left_text: left, right_text: right } = params.attention[state.set];
  const canvas = root.querySelector("canvas");
  canvas.width = WIDTH * 2;
  canvas.height = Math.min(32000, ROW * 2 * Math.max(left.length, right.length, 1));
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.lineWidth = 2;
  for (const head of state.heads) {
    context.strokeStyle = COLOURS[head % COLOURS.length];
    attn[state.layer][head]?.forEach((row, from) => {
      if (state.left !== null && state.left !== from) return;
      row.forEach((weight, to) => {
        if (weight < 0.005 || (state.right !== null && state.right !== to)) return;
        context.globalAlpha = Math.min(1, weight / Math.min(3, state.heads.size));
        context.beginPath();
        context.moveTo(0, ROW * (from + 0.5));
        context.lineTo(WIDTH, ROW * (to + 0.5));
        context.stroke();
      });
    });
  }
}

function draw() {
  const set = params.attention[state.set];
  const heads = set.attn[state.layer].map((_, head) => {
    const button = el("button", {
      type: "button", "aria-pressed": String(state.heads.has(head)), "aria-label": `head ${head}`, title: `head ${head}; double click: only this one`,
      onclick: () => {
        if (!state.heads.delete(head)) state.heads.add(head);
        draw();
      },
      ondblclick: () => {
        state.heads = new Set([head]);
        draw();
      },
    }, String(head));
    button.style.background = COLOURS[head % COLOURS.length];
    return button;
  });
  const canvas = el("canvas", { role: "img", "aria-label": "lines from the left to the right tokens" });
  canvas.style.width = `${WIDTH}px`;
  canvas.style.height = `${Math.min(16000, ROW * Math.max(set.left_text.length, set.right_text.length, 1))}px`;
  root.replaceChildren(
    choice("Layer", params.include_layers.map(String).slice(0, set.attn.length), state.layer, (layer) => {
      state.layer = layer;
      draw();
    }),
    ...(params.attention.length > 1 ? [choice("Attention", params.attention.map((other) => other.name ?? "All"), state.set, (at) => {
      state.set = at;
      state.layer = Math.min(state.layer, params.attention[at].attn.length - 1);
      draw();
    })] : []),
    el("div", { class: "heads" }, ...heads),
    el("div", { class: "view" }, tokens("left", set.left_text), canvas, tokens("right", set.right_text)),
  );
  lines();
}

draw();
