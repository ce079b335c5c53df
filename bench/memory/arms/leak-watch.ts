import { type Clock, systemClock, type TimerHandle } from "../../../src/clock.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { collectAll, forcedCollector } from "../../../src/memory/leaks/forced-collection.ts";
import { LeakDetector } from "../../../src/memory/leaks/leak-detector.ts";
import { SamplingProfiler } from "../../../src/memory/leaks/sampling-profiler.ts";

/** Sessions by user, as a service holds them: bounded, and always changing. */
class Sessions {
  readonly #byUser = new Map<string, { readonly user: string; readonly seen: number; items: string[] }>();

  touch(user: string, seen: number): number {
    const session = this.#byUser.get(user);
    this.#byUser.delete(user);
    this.#byUser.set(user, { user, seen, items: [...(session?.items ?? []).slice(-2), `item ${seen}`] });
    if (this.#byUser.size > 5000) this.#byUser.delete(this.#byUser.keys().next().value as string);
    return this.#byUser.size;
  }
}

const body = JSON.stringify({
  items: Array.from({ length: 20 }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ["a", "b"],
    price: id * 1.5,
  })),
});

/** One request: JSON in, a session looked up and changed, JSON and a buffer out. */
function serve(sessions: Sessions, request: number): number {
  const { items } = JSON.parse(body) as { items: { price: number }[] };
  const size = sessions.touch(`user ${(request * 7919) % 6000}`, request);
  const total = items.reduce((sum, { price }) => sum + price, 0);
  return Buffer.from(JSON.stringify({ items, total, size })).length;
}

/** The watch's default. */
const samplingBytes = 131_072;
const roundMs = 120;

/** Requests for so long, in milliseconds of processor time, with a turn of the event loop after each 500. @returns processor time of a request */
async function serveFor(cpuMs: number, sessions: Sessions, next: { request: number }): Promise<number> {
  const cpu = process.cpuUsage();
  const from = next.request;
  for (;;) {
    for (let i = 0; i < 500; i++) serve(sessions, next.request++);
    await new Promise((resolve) => setImmediate(resolve));
    const { user, system } = process.cpuUsage(cpu);
    if (user + system >= cpuMs * 1000) return (user + system) / (next.request - from);
  }
}

export interface SecondsArgs {
  readonly seconds: number;
}

/**
 * What sampling costs: one process serves with and without it in turns, since processes differ by more than sampling costs. Each
 * round begins after a collection, and ends before the one that comes with the end of sampling.
 */
export function pairs({ seconds }: SecondsArgs): Arm {
  const ratios: Record<string, number> = {};
  return {
    run: async () => {
      const [sessions, next] = [new Sessions(), { request: 0 }];
      const collect = forcedCollector();
      await serveFor(1000, sessions, next);
      const round = async (samples: boolean): Promise<number> => {
        await collectAll(collect);
        const profiler = samples ? new SamplingProfiler(samplingBytes) : undefined;
        const cpu = await serveFor(roundMs, sessions, next);
        profiler?.close();
        return cpu;
      };
      const endMs = performance.now() + 1000 * seconds;
      for (let pair = 0; performance.now() < endMs; pair++) {
        const sampledFirst = pair % 2 === 0;
        const first = await round(sampledFirst);
        const second = await round(!sampledFirst);
        ratios[pair] = sampledFirst ? first / second : second / first;
      }
    },
    answer: () => "served",
    counters: () => ratios,
  };
}

/** What the watch does beside sampling, as a part of one processor, in a service that is never idle. */
export function callbacks({ seconds }: SecondsArgs): Arm {
  let counters: Record<string, number> = {};
  return {
    run: async () => {
      const [sessions, next] = [new Sessions(), { request: 0 }];
      await serveFor(1000, sessions, next);
      const clock = new CountedClock();
      using detector = new LeakDetector({ warmupMs: 0, clock }).start();
      const startMs = performance.now();
      while (performance.now() < startMs + 1000 * seconds) await serveFor(roundMs, sessions, next);
      const { readings } = detector.stats();
      counters = { readings, part: clock.cpuMs / (performance.now() - startMs) };
    },
    answer: () => "served",
    counters: () => counters,
  };
}

/** The system's time, and how much processor time its timers' functions take. */
class CountedClock implements Clock {
  cpuMs = 0;
  now(): number {
    return systemClock.now();
  }
  setTimeout(fn: () => void, delayMs: number): TimerHandle {
    return systemClock.setTimeout(() => {
      const cpu = process.cpuUsage();
      fn();
      const { user, system } = process.cpuUsage(cpu);
      this.cpuMs += (user + system) / 1000;
    }, delayMs);
  }
  clearTimeout(handle: TimerHandle): void {
    systemClock.clearTimeout(handle);
  }
}

/** Time that passes when told to. */
class PassedTime implements Clock {
  #now = 0;
  #timer: { readonly at: number; readonly fn: () => void } | undefined;

  now(): number {
    return this.#now;
  }
  setTimeout(fn: () => void, delayMs: number): TimerHandle {
    this.#timer = { at: this.#now + delayMs, fn };
    return this.#timer;
  }
  clearTimeout(): void {
    this.#timer = undefined;
  }
  pass(ms: number): void {
    const until = this.#now + ms;
    for (let timer = this.#timer; timer !== undefined && timer.at <= until; timer = this.#timer) {
      this.#timer = undefined;
      this.#now = timer.at;
      timer.fn();
    }
    this.#now = until;
  }
}

const visits: { readonly user: string; readonly page: string; readonly at: number }[] = [];

/** What leaks: about 120 bytes each time. */
function rememberVisit(request: number): void {
  visits.push({ user: `user ${request}`, page: `/page/${request % 100}`, at: request + 0.5 });
}

export interface NamedArgs {
  /** 0 for none. */
  readonly leakedBytes: number;
}

/** Five minutes of a service in the detector's time, in each second of which 100 requests are served, and a part of the leak leaks. */
export function named({ leakedBytes }: NamedArgs): Arm {
  const clock = new PassedTime();
  const sessions = new Sessions();
  let answer = "";
  return {
    run: async () => {
      let request = 0;
      for (; request < 15_000; request++) serve(sessions, request);
      using detector = new LeakDetector({ clock, warmupMs: 60_000 }).start();
      clock.pass(61_000);
      const leaks = leakedBytes / 120;
      for (let second = 0; second < 300; second++) {
        for (let i = 0; i < 100; i++) serve(sessions, request++);
        for (let i = 0; i < leaks / 300; i++) rememberVisit(request++);
        clock.pass(1000);
        if (second % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const { status, suspects } = detector.report();
      answer = status === "leaking" ? (suspects[0]?.site?.functionName ?? "no site") : status;
    },
    answer: () => visits.length >= 0 && "done",
    counters: () => ({
      leaking: Number(answer !== "steady" && answer !== "not enough evidence"),
      named: Number(answer === rememberVisit.name),
    }),
  };
}
