import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

const folder = new URL("../../main/resources/io/github/attention4j/viz/report/", import.meta.url);
const { bytesOfBase64, codesOf, dequantise, inflate } = await import(new URL("codec.mjs", folder));
const { bestKeys, largest, meanOf, strongestCells, topKeys, topQueries } = await import(new URL("weights.mjs", folder));
const { number, ramp, step, weightAt } = await import(new URL("scale.mjs", folder));
const { lineLimit } = await import(new URL("lines.mjs", folder));
const { formatPlace, parsePlace } = await import(new URL("place.mjs", folder));
const { inDirection, segmentOf, stretches } = await import(new URL("segments.mjs", folder));
const { spoken, visible } = await import(new URL("tokens.mjs", folder));
const { escapeXml, heatSvg, linesSvg } = await import(new URL("svg.mjs", folder));

const report = {
  labels: [{ kind: "token", texts: ["a", "b", "c"] }, { kind: "token", texts: ["x", "y"] }],
  maps: [{ kind: "encoder", layer: 0, heads: 4, queries: 0, keys: 0 }, { kind: "cross", layer: 0, heads: 2, queries: 0, keys: 1 }],
};
const WEIGHTS = Float32Array.of(1, 0, 0.25, 0.75, 0, 0);

test("a head comes back from base64, deflate and codes", async () => {
  const packed = deflateSync(Uint8Array.of(0, 128, 255)).toString("base64");
  const weights = dequantise(codesOf(await inflate(bytesOfBase64(`\n${packed}\n`)), 255), 255, 0.5);
  assert.deepEqual([...weights], [0, Math.fround(0.5 * (128 / 255) ** 2), 0.5]);
});

test("codes above 255 steps take two bytes, the low one first", () => {
  assert.deepEqual([...codesOf(Uint8Array.of(1, 0, 255, 255), 65535)], [1, 65535]);
});

test("the mean of heads", () => {
  assert.deepEqual([...meanOf([Float32Array.of(0, 1), Float32Array.of(1, 0), Float32Array.of(2, 2)])], [1, 1]);
});

test("the strongest partners of a token, zeros left out", () => {
  assert.deepEqual(topKeys(WEIGHTS, 2, 1, 5).map((cell) => cell.key), [1, 0]);
  assert.deepEqual(topQueries(WEIGHTS, 2, 0, 5).map((cell) => cell.query), [0, 1]);
  assert.deepEqual(topKeys(WEIGHTS, 2, 2, 5), []);
  assert.equal(largest(WEIGHTS), 1);
});

test("the best key of each query, none for a row of zeros", () => {
  assert.deepEqual(bestKeys(WEIGHTS, 2), [0, 1, -1]);
});

test("only the strongest lines are drawn, the strongest last", () => {
  const all = { from: 0, to: 3 };
  const cells = strongestCells(WEIGHTS, 2, all, { from: 0, to: 2 }, () => true, 2);
  assert.deepEqual(cells.map((cell) => cell.weight), [0.75, 1]);
  assert.equal(strongestCells(WEIGHTS, 2, all, { from: 0, to: 2 }, (query) => query === 1, 9).length, 2);
});

test("all lines of few tokens, three of each of many, and what the reader chose", () => {
  assert.deepEqual([lineLimit(null, 48), lineLimit(null, 49), lineLimit("all", 49), lineLimit("1", 2)], [Infinity, 3, Infinity, 1]);
});

test("of each query only its strongest lines, when there are many", () => {
  const weights = Float32Array.of(0.5, 0.2, 0.3, 0.1, 0.1, 0.8);
  const both = { from: 0, to: 2 };
  const cells = (perQuery) => strongestCells(weights, 3, both, { from: 0, to: 3 }, () => true, 9, perQuery).map(({ query, key }) => [query, key]);
  assert.deepEqual(cells(1), [[0, 0], [1, 2]]);
  assert.deepEqual(cells(2), [[1, 0], [0, 2], [0, 0], [1, 2]], "of equal ones the first");
  assert.equal(cells(undefined).length, 6);
  const narrowed = strongestCells(weights, 3, both, { from: 0, to: 3 }, (query, key) => key !== 2, 9, 1);
  assert.deepEqual(narrowed.map(({ query, key }) => [query, key]), [[1, 0], [0, 0]], "the strongest of those wanted");
});

test("both ramps rise or fall evenly in lightness", () => {
  for (const dark of [false, true]) {
    const light = ramp(dark).map(([r, g, b]) => 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2);
    for (let i = 1; i < 256; i++) assert.ok(dark ? light[i] >= light[i - 1] - 1e-3 : light[i] <= light[i - 1] + 1e-3, `step ${i}`);
  }
});

test("the legend says what the colours mean", () => {
  for (const root of [false, true]) {
    for (const share of [0, 0.25, 0.5, 1]) assert.equal(step(weightAt(share, 0.3, root), 0.3, root), Math.round(255 * share));
  }
  assert.equal(step(0.1, 0, true), 0);
});

test("numbers keep the digits that matter", () => {
  assert.deepEqual([0, 1, 0.12345, 0.00001].map(number), ["0", "1.00", "0.123", "1.0e-5"]);
});

test("the texts of a pair are told apart, by letter, colour and pattern", () => {
  const both = { texts: ["[CLS]", "a", "[SEP]", "b"], pairStart: 3 };
  assert.deepEqual([0, 2, 3].map((at) => segmentOf(both, at)), ["A", "A", "B"]);
  assert.equal(segmentOf({ texts: ["a"] }, 0), null);
  assert.equal(inDirection("AB", both, both, 0, 3), true);
  assert.equal(inDirection("AB", both, both, 3, 0), false);
  assert.equal(inDirection(null, both, both, 3, 0), true);
  assert.equal(inDirection("AB", { texts: ["x"] }, both, 0, 0), true, "no pair on this side, nothing is left out");
  assert.deepEqual(stretches(both, 0, 4), [{ segment: "A", from: 0, to: 3 }, { segment: "B", from: 3, to: 4 }]);
  assert.deepEqual(stretches(both, 3, 4), [{ segment: "B", from: 3, to: 4 }]);
  assert.deepEqual(stretches({ texts: ["a"] }, 0, 1), []);
  assert.equal(spoken(both, 3), "3 “b” (B)");
  assert.equal(spoken({ texts: ["b"] }, 0), "0 “b”");
  const colours = { page: "#fff", ink: "#000", line: "#ccc", accent: "#00f" };
  const svg = heatSvg({ title: "t", queries: both, keys: both, weights: new Float32Array(16), max: 1, root: false, dark: false, colours, raster: "" });
  assert.equal(svg.match(/stroke-dasharray/g).length, 2, "the second text's edges are dashed");
  assert.match(svg, />A<\/text>/);
  assert.match(svg, />B<\/text>/);
});

test("a link leads back to its place", () => {
  for (const place of [
    { view: "head", map: 1, heads: [0, 1], query: 2, key: 1, pair: null, top: null },
    { view: "head", map: 0, heads: [1], query: null, key: null, pair: "BA", top: "3" },
    { view: "matrix", map: 0, heads: [0, 3], query: null, key: 0, pair: null, top: null },
  ]) {
    assert.deepEqual(parsePlace(formatPlace(place, report), report), place);
  }
  assert.equal(formatPlace({ view: "head", map: 1, heads: [0, 1], query: null, key: null, pair: null, top: null }, report), "#head?map=1&heads=all");
});

test("a link to what does not exist leads to something that does", () => {
  assert.deepEqual(parsePlace("#matrix?map=9&heads=7,x,-1&query=99&key=<script>&pair=A&top=2", report), { view: "matrix", map: 0, heads: [0], query: null, key: null, pair: null, top: null });
  assert.equal(parsePlace("", report).view, "overview");
  assert.deepEqual(parsePlace("#head?map=1&heads=1,1,0", report).heads, [0, 1]);
});

test("tokens are shown whatever they hold", () => {
  assert.equal(visible(""), "∅");
  assert.equal(visible(" "), "␣");
  assert.equal(visible("a\nb\u2028"), "a↵b⏎");
  assert.equal(visible("\u202eabc\u0000"), "�abc�");
  assert.equal(visible("👩‍🚀"), "👩‍🚀");
  assert.equal(visible("x".repeat(10000)), `${"x".repeat(28)}…`);
  assert.equal([...visible("😀".repeat(50), 5)].length, 6);
});

test("pictures are well-formed whatever the tokens hold", () => {
  assert.equal(escapeXml('<a b="&">\u0000\ud800'), "&lt;a b=&quot;&amp;&quot;&gt;\ufffd\ufffd");
  const labels = { texts: ["</script>", '"', "שלום"] };
  const colours = { page: "#fff", ink: "#000", line: "#ccc", accent: "#00f" };
  const common = { title: "a & b", queries: labels, keys: { texts: ["x", "y"] }, colours };
  const heat = heatSvg({ ...common, weights: WEIGHTS, max: 1, root: false, dark: false, raster: "" });
  const lines = linesSvg({ ...common, rows: { from: 0, to: 3 }, columns: { from: 0, to: 2 }, cells: [{ query: 0, key: 0, weight: 1 }], max: 1 });
  for (const svg of [heat, lines]) {
    assert.match(svg, /^<svg /);
    assert.match(svg, /&lt;\/script&gt;/);
    assert.doesNotMatch(svg, /<script/);
  }
  assert.equal(heat.match(/<rect /g).length, 2 + 3);
  assert.equal(lines.match(/<line /g).length, 1);
});

test("modules can be joined: one import to a line, no name declared twice", () => {
  const seen = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs"))) {
    const text = readFileSync(new URL(file, folder), "utf8");
    for (const [, name] of text.matchAll(/^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm)) {
      assert.equal(seen.get(name), undefined, `${name} in ${file} and ${seen.get(name)}`);
      seen.set(name, file);
    }
    for (const line of text.split("\n").filter((other) => /^\s*(import|export)\b/.test(other))) {
      assert.match(line, /^(import \{ [\w, ]+ \} from "\.\/\w+\.mjs";|export (async )?(function|const) .*)$/, file);
    }
  }
});

test("labels of a heat map get the room they need and no more", async () => {
  const { margins } = await import(new URL("heatmap.mjs", folder));
  const side = (...texts) => ({ texts });
  const short = margins(side("a", "b"), side("x"));
  const long = margins(side("a".repeat(40)), side("x".repeat(40)));
  assert.ok(short.left < 30 && short.top < 36, JSON.stringify(short));
  assert.ok(long.left > 100 && long.left <= 118 && long.top <= 104, JSON.stringify(long));
  assert.ok(long.right > 40 && short.right < 20, "the slanted last label is not cut");
});
