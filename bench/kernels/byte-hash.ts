/**
 * From which length on does WebAssembly hash faster? Bytes that have to be copied into its memory, and texts that have to
 * be encoded into it, beside the twin in TypeScript and the trivial rivals: `crc32` of node:zlib (32 bits, no seed) and
 * SHA-1, the fastest of node:crypto, for bytes; a loop over the string's own units, without encoding, for texts.
 * `ByteHash` must be about as fast as the faster of kernel and twin at each length.
 */
import {
  compareArms,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const warnings: string[] = [];

await compare("Bytes", [
  ["ByteHash", "chosen"],
  ["kernel", "kernel"],
  ["twin", "twin"],
  ["crc32", "zlibCrc32"],
  ["SHA-1", "cryptoSha1"],
]);
await compare("Texts (ASCII, by length)", [
  ["ByteHash", "textChosen"],
  ["kernel", "textKernel"],
  ["twin", "textTwin"],
  ["its units", "textUnits"],
]);
if (warnings.length > 0) console.log(`${warnings.length} warnings, such as: ${warnings[0]}`);

async function compare(title: string, rivals: readonly (readonly [string, string])[]): Promise<void> {
  const rows: string[][] = [];
  for (const length of [8, 16, 32, 64, 256, 4096, 65_536]) {
    const measurement = await measureInterleaved({
      arms: rivals.map(([name, setup]) => ({
        name,
        module: new URL("./arms/byte-hash.ts", import.meta.url),
        export: setup,
        args: { length },
      })),
      processes: 4,
      rounds: 6,
      roundMs: 8,
      warmupRounds: 3,
    });
    const { arms } = measurement;
    warnings.push(...measurement.warnings);
    const [chosen, kernel, twin] = arms.map(({ answer }) => answer);
    if (chosen !== kernel || chosen !== twin)
      throw new Error(`expected one hash, got ${chosen}, ${kernel} and ${twin}`);
    rows.push([
      String(length),
      ...arms.map(({ wallNs }) => nanoseconds(median(wallNs.flat()))),
      formatRatio(compareArms(arms[2]!, arms[1]!)),
    ]);
  }
  console.log(`### ${title}: ns a hash\n`);
  console.log(markdownTable(["length", ...rivals.map(([name]) => name), "twin takes × kernel, 95 %"], rows));
  console.log();
}

function nanoseconds(ns: number): string {
  return ns < 100 ? ns.toFixed(1) : ns.toFixed(0);
}
