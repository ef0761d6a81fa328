// The matrix of one head (or a mean), as a heat map.

import { colours, el, isDark } from "./dom.mjs";
import { heatMap, margins } from "./heatmap.mjs";
import { legend } from "./legend.mjs";
import { pairLegend } from "./segments.mjs";
import { headsName, mapName } from "./store.mjs";
import { heatSvg } from "./svg.mjs";
import { takeButtons } from "./take.mjs";
import { heading, toolbar } from "./toolbar.mjs";
import { bestKeys, largest } from "./weights.mjs";

/** Shows the matrix; `maps` are on offer, `marked` puts a dot on the best key of each query. */
export async function showMatrix(panel, context, maps, marked = false) {
  const { store, place, go, scale } = context;
  const map = store.report.maps[place.map];
  const weights = await store.weights(place.map, place.heads);
  const [queries, keys] = [store.queries(place.map), store.keys(place.map)];
  const max = largest(weights);
  const title = `${mapName(map)}, ${headsName(map, place.heads)}`;
  const heat = heatMap({
    queries, keys, weights, max, root: scale.root, place, size: roomFor(queries, keys), marks: marked ? bestKeys(weights, keys.texts.length) : null,
    pick: (query, key) => go({ query, key }),
  });
  panel.replaceChildren(
    toolbar(context, maps),
    heading(store.report, place),
    pairLegend(queries, keys) ?? "",
    heat.node,
    legend({ max, root: scale.root, error: Math.max(...map.errors), toggle: scale.toggle }),
    takeButtons(`${map.kind}-${map.layer}-${place.heads.join("-")}`, () =>
      heatSvg({ title, queries, keys, weights, max, root: scale.root, dark: isDark(), colours: colours(), raster: heat.raster() }),
    ),
  );
  return { weights, queries, keys };
}

/** How large the cells may be together: no wider than the window leaves beside the labels. */
function roomFor(queries, keys) {
  const page = document.getElementById("panel").clientWidth || 800;
  const { left, right } = margins(queries, keys);
  return Math.max(180, Math.min(720, page - left - right));
}
