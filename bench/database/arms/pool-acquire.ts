import { ConnectionPool } from "../../../src/database/pool/connection-pool.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { PgPool, SlowClient, SlowConnection, slowTarget } from "./slow-server.ts";

/** Each operation takes an idle connection and gives it back; nobody else wants one. */
function taking(take: (count: number) => void | Promise<void>, close: () => Promise<void>): Arm {
  return {
    run: take,
    answer: () => SlowConnection.opened,
    close,
  };
}

async function warmPool(): Promise<ConnectionPool<SlowConnection>> {
  // Other arms take their turns between the rounds: the first call of a round would ping.
  const pool = new ConnectionPool("idle", slowTarget, { validateAfterIdleMs: Number.POSITIVE_INFINITY });
  (await pool.acquire()).release();
  return pool;
}

export async function acquire(): Promise<Arm> {
  const pool = await warmPool();
  return taking(
    async (count) => {
      for (let i = 0; i < count; i++) (await pool.acquire()).release();
    },
    () => pool.close(),
  );
}

export async function tryAcquire(): Promise<Arm> {
  const pool = await warmPool();
  return taking(
    (count) => {
      for (let i = 0; i < count; i++) pool.tryAcquire()!.release();
    },
    () => pool.close(),
  );
}

export async function pgPool(): Promise<Arm> {
  const pool = new PgPool({ max: 10, Client: SlowClient });
  (await pool.connect()).release();
  return taking(
    async (count) => {
      for (let i = 0; i < count; i++) (await pool.connect()).release();
    },
    () => pool.end(),
  );
}

/** The least that could be done: an array and a promise; no bound, no deadline, no validation, no figures. */
export async function bareArray(): Promise<Arm> {
  const idle = [await SlowConnection.open()];
  return taking(
    async (count) => {
      for (let i = 0; i < count; i++) {
        const connection = await Promise.resolve(idle.pop()!);
        idle.push(connection);
      }
    },
    () => Promise.resolve(),
  );
}
