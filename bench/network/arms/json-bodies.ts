import { seededRandom } from "../../../src/measure/index.ts";

const words =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split(
    " ",
  );

/** JSON as an API gives it: records with numbers, dates, hashes and some text, of about so many bytes. */
export function jsonBody(sizeBytes: number): Buffer {
  const random = seededRandom(1);
  const integer = (below: number): number => Math.floor(random() * below);
  const text = (count: number): string =>
    Array.from({ length: count }, () => words[integer(words.length)]).join(" ");
  const records: string[] = [];
  for (let length = 2; length < sizeBytes; ) {
    const record = JSON.stringify({
      id: integer(1e9),
      createdAt: new Date(1.7e12 + integer(1e10)).toISOString(),
      author: { name: text(2), email: `${text(1)}.${integer(1000)}@example.org`, verified: random() < 0.8 },
      title: text(6),
      body: text(5 + integer(40)),
      price: integer(1e6) / 100,
      etag: integer(2 ** 32)
        .toString(16)
        .padStart(8, "0"),
      tags: [text(1), text(1)],
    });
    records.push(record);
    length += record.length + 1;
  }
  return Buffer.from(`[${records.join(",")}]`);
}
