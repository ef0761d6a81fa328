// Arithmetic on a matrix of weights: row-major Float32Array, `keys` columns.

/** The mean of several matrices of one size. */
export function meanOf(matrices) {
  if (matrices.length === 1) return matrices[0];
  const mean = new Float32Array(matrices[0].length);
  for (const matrix of matrices) for (let i = 0; i < mean.length; i++) mean[i] += matrix[i];
  for (let i = 0; i < mean.length; i++) mean[i] /= matrices.length;
  return mean;
}

/** The largest weight, 0 for none. */
export function largest(weights) {
  let max = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] > max) max = weights[i];
  return max;
}

/** The `count` keys a query looks at most, strongest first; zeros are left out. */
export function topKeys(weights, keys, query, count) {
  const row = [];
  for (let key = 0; key < keys; key++) {
    const weight = weights[query * keys + key];
    if (weight > 0) row.push({ query, key, weight });
  }
  return row.sort((a, b) => b.weight - a.weight || a.key - b.key).slice(0, count);
}

/** The `count` queries that look at a key most, strongest first; zeros are left out. */
export function topQueries(weights, keys, key, count) {
  const column = [];
  for (let query = 0; query * keys < weights.length; query++) {
    const weight = weights[query * keys + key];
    if (weight > 0) column.push({ query, key, weight });
  }
  return column.sort((a, b) => b.weight - a.weight || a.query - b.query).slice(0, count);
}

/**
 * The `count` strongest cells among those `wanted(query, key)` within the rows and columns given, weakest first;
 * of every query at most `perQuery`.
 */
export function strongestCells(weights, keys, rows, columns, wanted, count, perQuery = Infinity) {
  const cells = [];
  for (let query = rows.from; query < rows.to; query++) {
    const row = [];
    for (let key = columns.from; key < columns.to; key++) {
      const weight = weights[query * keys + key];
      if (weight > 0 && wanted(query, key)) row.push({ query, key, weight });
    }
    if (row.length > perQuery) row.sort((a, b) => b.weight - a.weight || a.key - b.key).length = perQuery;
    for (const cell of row) cells.push(cell);
  }
  cells.sort((a, b) => a.weight - b.weight);
  return cells.length > count ? cells.slice(cells.length - count) : cells;
}

/** For every query the key with the largest weight, -1 for a row of zeros. */
export function bestKeys(weights, keys) {
  const best = [];
  for (let start = 0; start < weights.length; start += keys) {
    let at = -1;
    for (let key = 0; key < keys; key++) {
      const weight = weights[start + key];
      if (weight > 0 && (at < 0 || weight > weights[start + at])) at = key;
    }
    best.push(at);
  }
  return best;
}
