import type { Clock } from "../../src/clock.ts";
import type { PoolTarget } from "../../src/database/pool/connection-pool.ts";

/** A connection that knows what happens to it. */
export interface FakeConnection {
  readonly id: number;
  state: "open" | "closed" | "destroyed";
  usable: boolean;
  pings: number;
  resets: number;
}

/** How one call turns out: after `ms`, well or badly. `deaf` doesn't heed the signal; `Infinity` hangs. */
export interface Turn {
  readonly ms: number;
  readonly error?: Error;
  readonly deaf?: boolean;
}

/** A pool's target on the fake clock. What comes next can be scripted, call by call; then the default holds. */
export class FakePoolTarget implements PoolTarget<FakeConnection> {
  readonly connections: FakeConnection[] = [];
  readonly connects: Turn[] = [];
  readonly pings: Turn[] = [];
  readonly closes: Turn[] = [];
  readonly resets: Turn[] = [];
  connectTurn: () => Turn = () => ({ ms: 10 });
  pingTurn: () => Turn = () => ({ ms: 1 });
  closeTurn: () => Turn = () => ({ ms: 1 });
  resetTurn: () => Turn = () => ({ ms: 1 });
  /** Calls for a connection that had ended. */
  readonly misuses: string[] = [];
  /** Calls of `connect`. */
  attempts = 0;
  /** Those under way. */
  connecting = 0;
  readonly #clock: Clock;
  reset?: (connection: FakeConnection) => Promise<void>;

  constructor(clock: Clock, { canReset = false }: { canReset?: boolean } = {}) {
    this.#clock = clock;
    if (canReset)
      this.reset = async (connection) => {
        this.#expectOpen("reset", connection);
        connection.resets++;
        await this.#take(this.resets.shift() ?? this.resetTurn());
      };
  }

  async connect(signal: AbortSignal | undefined): Promise<FakeConnection> {
    this.attempts++;
    this.connecting++;
    try {
      await this.#take(this.connects.shift() ?? this.connectTurn(), signal);
    } finally {
      this.connecting--;
    }
    const connection: FakeConnection = {
      id: this.connections.length,
      state: "open",
      usable: true,
      pings: 0,
      resets: 0,
    };
    this.connections.push(connection);
    return connection;
  }
  async ping(connection: FakeConnection, signal: AbortSignal | undefined): Promise<void> {
    this.#expectOpen("ping", connection);
    connection.pings++;
    await this.#take(this.pings.shift() ?? this.pingTurn(), signal);
  }
  async close(connection: FakeConnection): Promise<void> {
    this.#expectOpen("close", connection);
    await this.#take(this.closes.shift() ?? this.closeTurn());
    if (connection.state === "open") connection.state = "closed";
  }
  destroy(connection: FakeConnection): void {
    this.#expectOpen("destroy", connection);
    connection.state = "destroyed";
  }
  usable(connection: FakeConnection): boolean {
    return connection.usable;
  }

  /** Connections that the server would count. */
  get open(): number {
    return this.connections.filter(({ state }) => state === "open").length;
  }

  #expectOpen(call: string, { id, state }: FakeConnection): void {
    if (state !== "open") this.misuses.push(`${call} of connection ${id}, which is ${state}`);
  }

  #take({ ms, error, deaf = false }: Turn, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        signal?.removeEventListener("abort", abort);
        if (error) reject(error);
        else resolve();
      };
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimeout(finish, ms);
      const abort = (): void => {
        this.#clock.clearTimeout(timer);
        reject(signal?.reason);
      };
      if (!deaf) signal?.addEventListener("abort", abort);
    });
  }
}
