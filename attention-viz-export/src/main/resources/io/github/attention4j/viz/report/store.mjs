// The report's data: read once, heads decoded when they are looked at.

import { bytesOfBase64, codesOf, dequantise, inflate } from "./codec.mjs";
import { meanOf } from "./weights.mjs";

const KEPT = 48;

/** Resolves once the whole file is parsed: the weights stand at its end. */
function parsed() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

async function block(id) {
  let node = document.getElementById(id);
  if (!node || !node.nextSibling) {
    await parsed();
    node = document.getElementById(id);
  }
  return inflate(bytesOfBase64(node.textContent));
}

/** Opens the report of this page. */
export function openStore() {
  const report = JSON.parse(document.getElementById("report").textContent);
  const kept = new Map();

  async function headWeights(map, head) {
    const name = `${map}.${head}`;
    if (!kept.has(name)) {
      const { steps, max } = report.maps[map];
      kept.set(
        name,
        block(`w${name}`).then((bytes) => dequantise(codesOf(bytes, steps[head]), steps[head], max[head])),
      );
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    }
    return kept.get(name);
  }

  return {
    report,
    /** The mean weights of some heads of a map. */
    async weights(map, heads) {
      return meanOf(await Promise.all(heads.map((head) => headWeights(map, head))));
    },
    /** All thumbnails of a map: `heads * side²` bytes on the ramp. */
    thumbnails: (map) => inflate(bytesOfBase64(report.maps[map].thumbnails)),
    queries: (map) => report.labels[report.maps[map].queries],
    keys: (map) => report.labels[report.maps[map].keys],
  };
}

/** What a map is called. */
export function mapName(map) {
  const kind = map.kind.replaceAll("_", " ");
  return map.derived ? `${map.derived} of ${kind}` : `${map.norm ? "norms of " : ""}${kind} · layer ${map.layer}`;
}

/** What the chosen heads of a map are called. */
export function headsName(map, heads) {
  if (map.derived) return heads.length === 1 ? `after layer ${heads[0]}` : "mean of layers";
  if (heads.length === 1) return `head ${heads[0]}`;
  return heads.length === map.heads ? "mean of all heads" : `mean of heads ${heads.join(", ")}`;
}
