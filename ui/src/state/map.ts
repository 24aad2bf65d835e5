// The pool's map as the server sends it: bytes to arrays. Draws nothing.

import type { MapPoints } from "../api.types";

const MAGIC = 0x414e4d31;
const HEAD_SIZE = 8;
const POINT_SIZE = 16;

/** Splits the bytes into arrays of one entry per item; throws where they are not a map. */
export function mapFromBytes(bytes: ArrayBuffer): MapPoints {
  const view = new DataView(bytes);
  if (bytes.byteLength < HEAD_SIZE || view.getUint32(0, true) !== MAGIC) {
    throw new Error("the server sent something else than a map");
  }
  const n = view.getUint32(4, true);
  if (bytes.byteLength !== HEAD_SIZE + POINT_SIZE * n) {
    throw new Error(`a map of ${n} items cannot have ${bytes.byteLength} bytes`);
  }
  const words = HEAD_SIZE + 12 * n;
  return {
    item: new Uint32Array(bytes, HEAD_SIZE, n),
    x: new Float32Array(bytes, HEAD_SIZE + 4 * n, n),
    y: new Float32Array(bytes, HEAD_SIZE + 8 * n, n),
    class: new Uint16Array(bytes, words, n),
    origin: new Uint8Array(bytes, words + 2 * n, n),
    confidence: new Uint8Array(bytes, words + 3 * n, n),
  };
}
