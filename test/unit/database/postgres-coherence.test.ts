import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { NotifyCoherence, pingIntervalMs, pingTimeoutMs } from "../../../src/database/postgres/coherence.ts";
import type { PostgresConnection } from "../../../src/database/postgres/connection.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

/** A connection as far as the listener uses one; `answer` is what it says to each statement. */
class FakeConnection {
  usable = true;
  pooled = false;
  print = "schema 1";
  hangs: Promise<unknown> | undefined;
  closed = false;
  readonly client = new EventEmitter();
  readonly asked: string[] = [];
  async query(sql: string) {
    this.asked.push(sql.trim().split(" ")[0] ?? "");
    await this.hangs;
    return { rows: [{ print: this.print }], rowCount: 1 };
  }
  destroy() {
    this.usable = false;
  }
  async close() {
    this.closed = true;
  }
  lose() {
    this.usable = false;
    this.client.emit("end");
  }
}

async function watching(options: { first?: FakeConnection } = {}) {
  const clock = new FakeClock();
  const events: string[] = [];
  const first = options.first ?? new FakeConnection();
  const upcoming: (FakeConnection | Error)[] = [first];
  let opened = 0;
  const open = async () => {
    opened++;
    const next = upcoming.shift() ?? new Error("connection refused");
    if (next instanceof Error) throw next;
    return next as unknown as PostgresConnection;
  };
  const sink = {
    tables: (tables: readonly string[]) => void events.push(...tables),
    everything: () => void events.push(`everything, coherent ${coherence?.coherent()}`),
    schema: () => void events.push("schema"),
  };
  let coherence: NotifyCoherence | undefined;
  coherence = await NotifyCoherence.start(open, sink, clock);
  return { clock, events, first, upcoming, coherence, opened: () => opened };
}

test("listens first, and is coherent from then on", async () => {
  const { first, coherence, events } = await watching();
  expect(first.asked[0]).toBe("LISTEN");
  expect(coherence.coherent()).toBe(true);
  expect(events).toEqual([]);
});

test("a notice names its table; one of the schema, or without a word, voids all", async () => {
  const { first, events } = await watching();
  const notify = (channel: string, payload?: string) =>
    first.client.emit("notification", { channel, payload });
  notify("victor_coherence", "public.orders");
  notify("victor_coherence", "schema");
  notify("victor_coherence");
  notify("somebody_else", "public.orders");
  expect(events).toEqual(["public.orders", "schema", "schema"]);
});

test("a lost connection is incoherent at once, and everything is void before it is coherent again", async () => {
  const { clock, first, upcoming, coherence, events } = await watching();
  first.lose();
  expect(coherence.coherent()).toBe(false);
  upcoming.push(new Error("connection refused"), new FakeConnection());
  await clock.advance(50);
  expect(coherence.coherent()).toBe(false);
  expect(events).toEqual([]);
  await clock.advance(100);
  expect(coherence.coherent()).toBe(true);
  expect(events).toEqual(["schema", "everything, coherent false"]);
});

test("retries ever more slowly, up to every five seconds, and at once quickly again after a success", async () => {
  const { clock, first, upcoming, coherence, opened } = await watching();
  first.lose();
  await clock.advance(60_000);
  const tries = opened() - 1;
  // Doubling from 50 ms to 5 s gives 7 tries within 6.4 s; from then on 2.5 to 5 s lie between two of them.
  expect(tries).toBeGreaterThanOrEqual(17);
  expect(tries).toBeLessThanOrEqual(32);
  const second = new FakeConnection();
  upcoming.push(second, new FakeConnection());
  await clock.advance(5_000);
  expect(coherence.coherent()).toBe(true);
  second.lose();
  await clock.advance(50);
  expect(coherence.coherent()).toBe(true);
});

test("a ping without an answer counts as a loss", async () => {
  const { clock, first, coherence } = await watching();
  await clock.advance(pingIntervalMs);
  expect(coherence.coherent()).toBe(true);
  first.hangs = new Promise(() => {});
  await clock.advance(pingIntervalMs + pingTimeoutMs - 1);
  expect(coherence.coherent()).toBe(true);
  await clock.advance(1);
  expect(coherence.coherent()).toBe(false);
});

test("a ping that shows another schema voids what is known of it", async () => {
  const { clock, first, events } = await watching();
  first.print = "schema 2";
  await clock.advance(pingIntervalMs);
  expect(events).toEqual(["schema"]);
  await clock.advance(pingIntervalMs);
  expect(events).toEqual(["schema"]);
});

test("behind a pooler it says that it can't work, and closes the connection", async () => {
  const first = new FakeConnection();
  first.pooled = true;
  await expect(watching({ first })).rejects.toMatchObject({
    code: "VICTOR_COHERENCE_UNAVAILABLE",
    message: expect.stringContaining("PgBouncer"),
  });
  expect(first.usable).toBe(false);
});

test("once closed it is never coherent again and has no timer left", async () => {
  const { clock, first, coherence, opened } = await watching();
  await coherence.close();
  expect(first.closed).toBe(true);
  first.lose();
  await clock.advance(60_000);
  expect([coherence.coherent(), opened(), clock.pending]).toEqual([false, 1, 0]);
});

test("a reconnect that is under way while it closes leaves nothing behind", async () => {
  const { clock, first, upcoming, coherence } = await watching();
  const late = new FakeConnection();
  const answer = Promise.withResolvers<void>();
  late.hangs = answer.promise;
  upcoming.push(late);
  first.lose();
  await clock.advance(50);
  expect(late.asked).toEqual(["LISTEN"]);
  await coherence.close();
  answer.resolve();
  await settle();
  expect([coherence.coherent(), late.usable, clock.pending]).toEqual([false, false, 0]);
});
