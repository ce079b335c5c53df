import { readFileSync } from "node:fs";
import { serialize } from "node:v8";
import {
  type CompressionMark,
  compress,
  decompress,
  type Packed,
  resolveCompression,
} from "../../../src/cache/codec/compression.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { seededRandom } from "../../../src/measure/index.ts";

export type Content = "JSON" | "rows" | "HTML";

const words =
  "the of and to in is that for it was on are as with they be at one have this from or had by word".split(
    " ",
  );

/** About `sizeBytes` of what services cache: an API's JSON, rows as V8 writes them, a page. */
export function contentOf(content: Content, sizeBytes: number): Uint8Array {
  const random = seededRandom(7);
  const text = (length: number): string =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" ");
  const row = (id: number) => ({
    id,
    name: text(2),
    mail: `${Math.floor(random() * 1e9).toString(36)}@example.org`,
    price: Math.round(random() * 1e5) / 100,
    at: new Date(1.7e12 + Math.floor(random() * 1e10)).toISOString(),
    note: text(6),
  });
  const rows = Array.from({ length: Math.ceil(sizeBytes / 120) + 1 }, (_, id) => row(id));
  if (content === "rows") return serialize(rows).subarray(0, sizeBytes);
  if (content === "JSON") return Buffer.from(JSON.stringify(rows)).subarray(0, sizeBytes);
  const head = readFileSync(new URL("../../../src/report/html-style.ts", import.meta.url), "utf8").slice(
    0,
    400,
  );
  const lines = rows.map(
    ({ id, name, price, note }) =>
      `<tr class="item" id="i${id}"><td><a href="/items/${id}">${name}</a></td><td>${price}</td><td>${note}</td></tr>`,
  );
  return Buffer.from(`<!doctype html><style>${head}</style>${lines.join("\n")}`).subarray(0, sizeBytes);
}

/** One operation: packing a value, and reading it as often as it is usually read. */
export async function setup(args: unknown): Promise<Arm> {
  const { coding, level, content, sizeBytes, reads } = args as {
    readonly coding: CompressionMark;
    readonly level: number;
    readonly content: Content;
    readonly sizeBytes: number;
    readonly reads: number;
  };
  const options = resolveCompression({ coding, level, minBytes: 1 });
  const plain = contentOf(content, sizeBytes);
  let packed: Packed = { mark: "none", bytes: plain };
  let isSame = true;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        packed = await compress(plain, options);
        for (let read = 0; read < reads; read++)
          isSame &&= (await decompress(packed.mark, packed.bytes, plain.length)).length === plain.length;
      }
    },
    answer: () => isSame,
    counters: () => ({ packedBytes: packed.bytes.length, plainBytes: plain.length }),
  };
}
