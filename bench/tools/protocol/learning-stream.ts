/**
 * The learning protocol: queries come in a seeded order, five tools are shown, and which was right is seen only if it was
 * among them.
 */
import { seededRandom } from "../../../src/measure/index.ts";
import { LexicalRanking } from "../../../src/tools/ranking/lexical-ranking.ts";
import { type Labelled, readLabelled, readTools } from "./metatool.ts";

/** What may learn. Scores are by the tool's place in the catalogue. */
export interface Learner {
  lift(terms: readonly string[], scores: Float32Array): void;
  record(terms: readonly string[], shown: readonly string[], used: readonly string[]): void;
}

const shownTools = 5;
export const tools = readTools();
export const names = tools.map(({ name }) => name);
const placeOf = new Map(names.map((name, i) => [name, i]));
export const ids = { version: 1, size: names.length, idOf: (name: string) => placeOf.get(name) };

const lexical = new LexicalRanking(tools);

/** The first five, best first. */
export function firstFive({ query }: Labelled, learner: Learner | undefined): string[] {
  const scores = lexical.score(query);
  learner?.lift(scores.terms, scores.values);
  return lexical.best(scores, { k: shownTools }).map(({ name }) => name);
}

/** @returns recall@1 and @5, percent */
export function recall(rows: readonly Labelled[], learner: Learner | undefined): readonly [number, number] {
  let first = 0;
  let among = 0;
  for (const row of rows) {
    const best = firstFive(row, learner);
    if (best[0] === row.tool) first++;
    if (best.includes(row.tool)) among++;
  }
  return [(100 * first) / rows.length, (100 * among) / rows.length];
}

export interface StreamOptions {
  /** Share of queries whose feedback names one of those shown, at random. */
  readonly wrong?: number;
  readonly seed?: number;
  /** Called with the number of queries streamed, before each. */
  readonly before?: (streamed: number) => void;
}

/** @returns how often the right tool was seen */
export function stream(rows: readonly Labelled[], learner: Learner, options: StreamOptions = {}): number {
  const { wrong = 0, seed = 1, before } = options;
  const random = seededRandom(seed);
  let seen = 0;
  for (const [streamed, row] of rows.entries()) {
    before?.(streamed);
    const shown = firstFive(row, learner);
    const isWrong = random() < wrong && shown.length > 0;
    const used = isWrong ? shown[Math.floor(random() * shown.length)]! : row.tool;
    if (!shown.includes(used)) continue;
    seen++;
    learner.record(row.terms, shown, [used]);
  }
  before?.(rows.length);
  return seen;
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

export interface Split {
  readonly train: readonly Labelled[];
  readonly test: readonly Labelled[];
}

const split = (rows: readonly Labelled[]): Split => {
  const end = Math.round(0.8 * rows.length);
  return { train: rows.slice(0, end), test: rows.slice(end) };
};
/** What is reported: 80 % to stream, 20 % to test on. */
export const final = split(shuffled(readLabelled(), 1));
/** What may be tuned on: the same of the 80 %. */
export const development = split(final.train);

/** @returns the test rows that share less than half of their terms (Jaccard) with each row streamed */
export function withoutNearDuplicates({ train, test }: Split): Labelled[] {
  const rowsOf = new Map<string, number[]>();
  const sizes = train.map(({ terms }, row) => {
    const different = new Set(terms);
    for (const term of different) {
      const rows = rowsOf.get(term);
      if (rows === undefined) rowsOf.set(term, [row]);
      else rows.push(row);
    }
    return different.size;
  });
  const shared = new Uint16Array(train.length);
  return test.filter(({ terms }) => {
    shared.fill(0);
    const different = new Set(terms);
    for (const term of different) for (const row of rowsOf.get(term) ?? []) shared[row]!++;
    return shared.every((count, row) => count < 0.5 * (different.size + sizes[row]! - count));
  });
}
