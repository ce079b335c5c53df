import type { Arm } from "../../../src/measure/index.ts";
import { ObjectPool } from "../../../src/memory/index.ts";

/** What is made, used for a moment among others that stay, and made as good as new. */
interface Shape {
  readonly make: () => object;
  readonly use: (object: object, value: number) => void;
  readonly reset: (object: object) => void;
}

class Wide {
  f0 = 0;
  f1 = 0;
  f2 = 0;
  f3 = 0;
  f4 = 0;
  f5 = 0;
  f6 = 0;
  f7 = 0;
  f8 = 0;
  f9 = 0;
  f10 = 0;
  f11 = 0;
  f12 = 0;
  f13 = 0;
  f14 = 0;
  f15 = 0;
  f16 = 0;
  f17 = 0;
  f18 = 0;
  f19 = 0;
  f20 = 0;
  f21 = 0;
  f22 = 0;
  f23 = 0;
}

const shapes = {
  point: {
    make: () => ({ x: 0, y: 0, z: 0 }),
    use: (point, value) => {
      (point as { x: number }).x = value;
    },
    reset: (point) => {
      (point as { x: number }).x = 0;
    },
  },
  wide: {
    make: () => new Wide(),
    use: (wide, value) => {
      (wide as Wide).f7 = value;
    },
    reset: (wide) => {
      (wide as Wide).f7 = 0;
    },
  },
  map: {
    make: () => new Map<number, number>(),
    use: (map, value) => {
      for (let i = 0; i < 50; i++) (map as Map<number, number>).set(i, value);
    },
    // Clearing gives its table back, so that only what is written over is won.
    reset: () => undefined,
  },
  floats: {
    make: () => new Float64Array(1024),
    use: (floats, value) => {
      (floats as Float64Array)[7] = value;
    },
    reset: (floats) => {
      (floats as Float64Array).fill(0);
    },
  },
} satisfies Record<string, Shape>;
export type ShapeId = keyof typeof shapes;

interface Source {
  take(): object;
  give(object: object): void;
}

const pooled = ({ make, reset }: Shape, held: number, checked: boolean): Source => {
  const pool = new ObjectPool("bench", { factory: make, reset, maxSize: held, checked });
  return { take: () => pool.acquire(), give: (object) => pool.release(object) };
};
const sources = {
  fresh: ({ make }: Shape): Source => ({ take: make, give: () => undefined }),
  bare: ({ make, reset }: Shape): Source => {
    const idle: object[] = [];
    return {
      take: () => idle.pop() ?? make(),
      give: (object) => {
        reset(object);
        idle.push(object);
      },
    };
  },
  pool: (shape: Shape, held: number) => pooled(shape, held, false),
  checked: (shape: Shape, held: number) => pooled(shape, held, true),
};
export type SourceId = keyof typeof sources;

export interface CycleArgs {
  readonly shape: ShapeId;
  readonly source: SourceId;
  /** Objects that are in use at any time. */
  readonly held: number;
}

/** Takes an object, uses it, and gives back the one that was taken so many takes ago. */
export function cycle({ shape: id, source, held }: CycleArgs): Arm {
  const shape: Shape = shapes[id];
  const { take, give } = sources[source](shape, held);
  const out = Array.from({ length: held }, take);
  let place = 0;
  let used = 0;
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) {
        give(out[place] as object);
        const object = take();
        shape.use(object, used++);
        out[place] = object;
        place = place + 1 === held ? 0 : place + 1;
      }
    },
    answer: () => (used > 0 ? "used" : "never used"),
  };
}
