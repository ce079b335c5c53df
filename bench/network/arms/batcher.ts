import DataLoader from "dataloader";
import type { Arm } from "../../../src/measure/index.ts";
import { createBatcher } from "../../../src/network/batch/batcher.ts";

/** How the keys of one operation are loaded: so many in one tick, of so many different ones. */
export interface Loads {
  readonly loads: number;
  readonly distinct: number;
  readonly maxBatchSize: number;
}

/** Answers at once, so that what is measured is the batching alone. */
class Origin {
  batches = 0;
  keys = 0;
  readonly send = async (keys: readonly number[]): Promise<number[]> => {
    this.batches++;
    this.keys += keys.length;
    return keys.map((key) => key + 1);
  };
}

interface Ticks {
  readonly origin: Origin;
  /** Called once for each tick. */
  readonly loader: () => (key: number) => Promise<number>;
}

/** Each operation is one tick of loads. */
function ticks({ loads, distinct }: Loads, { origin, loader }: Ticks): Arm {
  let sum = 0;
  let done = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        const load = loader();
        const all: Promise<number>[] = [];
        for (let j = 0; j < loads; j++) all.push(load(j % distinct));
        for (const value of await Promise.all(all)) sum += value;
      }
      done += count;
    },
    answer: () => ({ sum: sum / done }),
    counters: () => ({ requests: origin.batches / done, keys: origin.keys / done }),
  };
}

export function ours(work: Loads): Arm {
  const origin = new Origin();
  const batcher = createBatcher({ send: origin.send, maxBatchSize: work.maxBatchSize });
  const load = (key: number): Promise<number> => batcher.load(key);
  return ticks(work, { origin, loader: () => load });
}

/** As `dataloader` with its cache off: equal keys are sent as often as they are loaded. */
export function oursSharingNone(work: Loads): Arm {
  const origin = new Origin();
  const { maxBatchSize } = work;
  const batcher = createBatcher({ send: origin.send, maxBatchSize, cacheKey: false });
  const load = (key: number): Promise<number> => batcher.load(key);
  return ticks(work, { origin, loader: () => load });
}

/** One loader for ever, with its cache off, as it must be where values change. */
export function dataloader(work: Loads): Arm {
  const origin = new Origin();
  const loader = new DataLoader(origin.send, { maxBatchSize: work.maxBatchSize, cache: false });
  const load = (key: number): Promise<number> => loader.load(key);
  return ticks(work, { origin, loader: () => load });
}

/** A loader for each tick, whose cache makes equal keys one: what its authors ask for in a server. */
export function dataloaderCaching(work: Loads): Arm {
  const origin = new Origin();
  return ticks(work, {
    origin,
    loader: () => {
      const loader = new DataLoader(origin.send, { maxBatchSize: work.maxBatchSize });
      return (key) => loader.load(key);
    },
  });
}

/** No batching: one request for each load. */
export function oneByOne(work: Loads): Arm {
  const origin = new Origin();
  const load = async (key: number): Promise<number> => (await origin.send([key]))[0]!;
  return ticks(work, { origin, loader: () => load });
}
