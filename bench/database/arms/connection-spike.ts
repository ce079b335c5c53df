import { performance } from "node:perf_hooks";
import { ConnectionPool } from "../../../src/database/pool/connection-pool.ts";
import { type Arm, median } from "../../../src/measure/index.ts";
import { PgPool, queryMs, SlowClient, SlowConnection, slowTarget } from "./slow-server.ts";

const requests = 50;
const idle = 5;
const maxSize = 50;

/** A pool with `idle` connections open: takes one, queries, gives it back. */
interface Spiked {
  request(): Promise<void>;
  /** Holds a connection until `until`. */
  hold(until: Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Each operation is a spike on a pool that was opened for it; only the spike itself is in the figures of `counters`. */
function spiked(open: () => Spiked): Arm {
  const finishMs: number[] = [];
  const surplus: number[] = [];
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        const pool = open();
        await warmUp(pool);
        const before = SlowConnection.opened;
        const started = performance.now();
        await Promise.all(Array.from({ length: requests }, () => pool.request()));
        finishMs.push(performance.now() - started);
        await pool.close();
        // What is still being opened counts, too.
        await new Promise((resolve) => setTimeout(resolve, 200));
        surplus.push(SlowConnection.opened - before);
      }
    },
    answer: () => requests,
    counters: () => ({
      finishMs: median(finishMs),
      surplus: median(surplus),
      maxSurplus: Math.max(...surplus),
    }),
  };
}

/** Opens `idle` connections by asking for as many at once. */
async function warmUp(pool: Spiked): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = Array.from({ length: idle }, () => pool.hold(promise));
  setTimeout(resolve, 200);
  await Promise.all(held);
}

/** @param args.isUsed whether the idle connections have run queries before, so that the pool knows how long those take */
export function victor(args: unknown): Arm {
  const { isUsed } = args as { readonly isUsed: boolean };
  return spiked(() => {
    const pool = new ConnectionPool("spike", slowTarget, { maxSize, minSize: isUsed ? 0 : idle });
    const request = async (): Promise<void> => {
      using lease = await pool.acquire();
      await lease.connection.query();
    };
    return {
      request,
      hold: (until) => (isUsed ? request().then(() => until) : until),
      close: () => pool.close(),
    };
  });
}

export function pgPool(): Arm {
  return spiked(() => {
    const pool = new PgPool({ max: maxSize, Client: SlowClient });
    return {
      async request() {
        const client = await pool.connect();
        await client.query();
        client.release();
      },
      async hold(until) {
        const client = await pool.connect();
        await until;
        client.release();
      },
      close: () => pool.end(),
    };
  });
}

/** What one does who knows that the open connections will be back in time: nothing is opened, none is ever idle. */
export function ideal(): Arm {
  return spiked(() => {
    const open: SlowConnection[] = [];
    const waiting: ((connection: SlowConnection) => void)[] = [];
    const free = (connection: SlowConnection): void => {
      const next = waiting.shift();
      if (next) next(connection);
      else open.push(connection);
    };
    return {
      async request() {
        const connection =
          open.pop() ?? (await new Promise<SlowConnection>((resolve) => waiting.push(resolve)));
        await connection.query();
        free(connection);
      },
      async hold(until) {
        const connection = await SlowConnection.open();
        await until;
        free(connection);
      },
      close: () => Promise.resolve(),
    };
  });
}

/**
 * When the last of `requests` is done at the earliest, if `opened` connections are opened at once beside the idle ones.
 * @returns milliseconds
 */
export function finishMs(opened: number, connectMs: number): number {
  const freeAt = [...Array<number>(idle).fill(0), ...Array<number>(opened).fill(connectMs)];
  let last = 0;
  for (let i = 0; i < requests; i++) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first]! += queryMs;
    last = Math.max(last, freeAt[first]!);
  }
  return last;
}
