// Weights as they are stored: quantised on a square-root scale, deflated, base64.

/** The bytes of a base64 text. */
export function bytesOfBase64(text) {
  const clean = text.trim();
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(clean);
  const binary = atob(clean);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Undoes zlib's deflate. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The codes of a head: one byte each up to 255 steps, else two, little-endian. */
export function codesOf(bytes, steps) {
  if (steps <= 255) return bytes;
  const codes = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < codes.length; i++) codes[i] = bytes[2 * i] | (bytes[2 * i + 1] << 8);
  return codes;
}

/** Codes back to weights: `max * (code / steps)²`. */
export function dequantise(codes, steps, max) {
  const values = new Float32Array(steps + 1);
  for (let code = 0; code <= steps; code++) values[code] = max * (code / steps) ** 2;
  const weights = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) weights[i] = values[codes[i]];
  return weights;
}
