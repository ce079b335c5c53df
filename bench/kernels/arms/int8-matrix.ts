import { Int8Matrix } from "../../../src/kernels/index.ts";
import { KernelInt8Rows } from "../../../src/kernels/kernel-int8-rows.ts";
import { type Int8Rows, PlainInt8Rows } from "../../../src/kernels/plain-int8-rows.ts";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";

interface Case {
  readonly rows: number;
  readonly dimensions: number;
  readonly k: number;
}

/** The rows in sequence, and the query. */
function numbers({ rows, dimensions }: Case): readonly [Int8Array, Int8Array] {
  const random = seededRandom(1);
  const number = (): number => Math.floor(random() * 255) - 127;
  return [
    Int8Array.from({ length: rows * dimensions }, number),
    Int8Array.from({ length: dimensions }, number),
  ];
}

/** Each arm finds the k best rows, once an operation; the answer is which. */
function ranking(best: () => Iterable<number>): Arm {
  let found: Iterable<number> = [];
  return {
    run(count) {
      for (let i = 0; i < count; i++) found = best();
    },
    answer: () => [...best()],
    counters: () => ({ found: [...found].length }),
  };
}

function ofRows(args: unknown, made: Int8Rows): Arm {
  const given = args as Case;
  const [all, query] = numbers(given);
  for (let row = 0; row < given.rows; row++)
    made.set(row, all.subarray(row * given.dimensions, (row + 1) * given.dimensions));
  const k = Math.min(given.k, given.rows);
  return ranking(() => {
    const indices = new Uint32Array(k);
    made.topK(query, given.rows, indices, new Int32Array(k));
    return indices;
  });
}

export function chosen(args: unknown): Arm {
  const { rows, dimensions, k } = args as Case;
  const matrix = new Int8Matrix(rows, dimensions);
  const [all, query] = numbers(args as Case);
  for (let row = 0; row < rows; row++)
    matrix.set(row, all.subarray(row * dimensions, (row + 1) * dimensions));
  return ranking(() => matrix.topK(query, k).indices);
}

export function kernel(args: unknown): Arm {
  const { rows, dimensions } = args as Case;
  const made = KernelInt8Rows.create(rows, dimensions);
  if (made === undefined) throw new Error("no WebAssembly with SIMD here");
  return ofRows(args, made);
}

export function twin(args: unknown): Arm {
  const { rows, dimensions } = args as Case;
  return ofRows(args, new PlainInt8Rows(rows, dimensions));
}

/** What one writes first: a Float32Array, a loop, all scores sorted. */
export function floatsAndSort(args: unknown): Arm {
  const { rows, dimensions, k } = args as Case;
  const [all, query] = numbers(args as Case).map((integers) => Float32Array.from(integers)) as [
    Float32Array,
    Float32Array,
  ];
  return ranking(() => {
    const scored = new Array<{ row: number; score: number }>(rows);
    for (let row = 0, at = 0; row < rows; row++) {
      let score = 0;
      for (let j = 0; j < dimensions; j++, at++) score += query[j]! * all[at]!;
      scored[row] = { row, score };
    }
    return scored
      .sort((a, b) => b.score - a.score || a.row - b.row)
      .slice(0, k)
      .map(({ row }) => row);
  });
}

/** The same loop alone, without ranking: scores into an array. */
export function floatsUnranked(args: unknown): Arm {
  const { rows, dimensions } = args as Case;
  const [all, query] = numbers(args as Case).map((integers) => Float32Array.from(integers)) as [
    Float32Array,
    Float32Array,
  ];
  const scores = new Float32Array(rows);
  return {
    run(count) {
      for (let i = 0; i < count; i++)
        for (let row = 0, at = 0; row < rows; row++) {
          let score = 0;
          for (let j = 0; j < dimensions; j++, at++) score += query[j]! * all[at]!;
          scores[row] = score;
        }
    },
    counters: () => ({ last: scores.at(-1)! }),
  };
}
