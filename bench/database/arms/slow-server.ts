import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { PoolTarget } from "../../../src/database/pool/connection-pool.ts";

/** Milliseconds that the server takes. */
export const connectMs = 150;
export const queryMs = 2;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A connection to a server that is slow to connect and quick to answer. */
export class SlowConnection {
  static opened = 0;
  static async open(): Promise<SlowConnection> {
    await sleep(connectMs);
    SlowConnection.opened++;
    return new SlowConnection();
  }
  query(): Promise<void> {
    return sleep(queryMs);
  }
}

export const slowTarget: PoolTarget<SlowConnection> = {
  connect: () => SlowConnection.open(),
  ping: (connection) => connection.query(),
  close: () => Promise.resolve(),
  destroy: () => undefined,
  usable: () => true,
};

/** The same server behind the interface that pg-pool expects of a client. */
export class SlowClient extends EventEmitter {
  /** Without it, pg-pool takes a client for broken. */
  readonly _queryable = true;
  #connection: SlowConnection | undefined;
  connect(done: (error?: Error) => void): void {
    SlowConnection.open().then((connection) => {
      this.#connection = connection;
      done();
    }, done);
  }
  query(): Promise<void> {
    return this.#connection!.query();
  }
  end(done?: () => void): void {
    done?.();
  }
}

/** pg-pool, as far as it is used here; it comes without types. */
export interface PgPool {
  connect(): Promise<{ query(): Promise<void>; release(): void }>;
  end(): Promise<void>;
}
export const PgPool = createRequire(import.meta.url)("pg-pool") as new (options: {
  max: number;
  Client: unknown;
}) => PgPool;
