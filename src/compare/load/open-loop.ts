import type { Pace } from "./pace.ts";

/** What came of one request. */
export interface Outcome {
  readonly ok: boolean;
  /** "200", or a word for what went wrong: "ECONNRESET". */
  readonly status: string;
}

/** Load at a fixed rate. */
export interface OpenLoad {
  /** Requests a second. */
  readonly rate: number;
  readonly durationMs: number;
  /** One that would exceed it is not sent, nor delayed: it counts as an error. */
  readonly maxInFlight: number;
  /** A request that takes longer counts as an error. */
  readonly timeoutMs: number;
  /** Must not throw. @param index of the request, from 0 */
  readonly send: (index: number) => Promise<Outcome>;
  /** @param latencyMs from when it should have started; of good answers and of those that timed out */
  readonly onDone: (outcome: Outcome, latencyMs: number | undefined) => void;
  readonly pace: Pace;
}

export interface OpenLoadResult {
  readonly sent: number;
  readonly dropped: number;
  /** How long the last answers took after the last request was due, milliseconds. */
  readonly drainMs: number;
  /** Requests that the generator itself sent more than `lateMs` after their time. */
  readonly late: number;
  /** No answer came: whoever sends has to give up these connections. */
  readonly abandoned: number;
}

export const lateMs = 2;
const dropped: Outcome = Object.freeze({ ok: false, status: "over the bound in flight" });
const timedOut: Outcome = Object.freeze({ ok: false, status: "timeout" });

/**
 * Sends at fixed times, whether or not answers have come (open model), and counts latency from the time at which a
 * request should have started: a program that stands still is charged for all that would have come meanwhile.
 * @returns when all are answered or have timed out
 */
export async function openLoop(load: OpenLoad): Promise<OpenLoadResult> {
  const { pace, send, onDone, timeoutMs } = load;
  const startMs = pace.now();
  const count = Math.max(1, Math.round((load.rate * load.durationMs) / 1000));
  const open = new Map<number, number>();
  let sent = 0;
  let late = 0;
  const drained = Promise.withResolvers<void>();
  let ended = false;
  for (let i = 0; i < count; i++) {
    const dueMs = startMs + (i * 1000) / load.rate;
    if (pace.now() < dueMs) await pace.until(dueMs);
    if (pace.now() - dueMs > lateMs) late++;
    if (open.size >= load.maxInFlight) {
      onDone(dropped, undefined);
      continue;
    }
    sent++;
    open.set(i, dueMs);
    void send(i).then((outcome) => {
      if (!open.delete(i)) return;
      const tookMs = pace.now() - dueMs;
      if (tookMs > timeoutMs) onDone(timedOut, tookMs);
      else onDone(outcome, outcome.ok ? tookMs : undefined);
      if (ended && open.size === 0) drained.resolve();
    });
  }
  const lastDueMs = startMs + ((count - 1) * 1000) / load.rate;
  ended = true;
  if (open.size > 0) await Promise.race([drained.promise, pace.until(lastDueMs + timeoutMs)]);
  const abandoned = open.size;
  for (const dueMs of open.values()) onDone(timedOut, pace.now() - dueMs);
  open.clear();
  return { sent, dropped: count - sent, drainMs: Math.max(0, pace.now() - lastDueMs), late, abandoned };
}

/**
 * As many requests as it answers, some at a time (closed model): how much a program can do.
 * @returns when all are answered, or `timeoutMs` after the end; `failed` counts those that were never answered, too
 */
export async function closedLoop(load: {
  readonly concurrency: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly send: (index: number) => Promise<Outcome>;
  readonly pace: Pace;
}): Promise<{ readonly perSecond: number; readonly failed: number; readonly abandoned: number }> {
  const startMs = load.pace.now();
  let index = 0;
  let done = 0;
  let failed = 0;
  let open = 0;
  const worker = async (): Promise<void> => {
    while (load.pace.now() - startMs < load.durationMs) {
      open++;
      const { ok } = await load.send(index++);
      open--;
      if (ok) done++;
      else failed++;
    }
  };
  await Promise.race([
    Promise.all(Array.from({ length: load.concurrency }, worker)),
    load.pace.until(startMs + load.durationMs + load.timeoutMs),
  ]);
  return { perSecond: (1000 * done) / (load.pace.now() - startMs), failed: failed + open, abandoned: open };
}
