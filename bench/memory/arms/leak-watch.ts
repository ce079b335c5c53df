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
const roundMs = 100;
/** What a sample costs shows better with so many times as many of them. */
export const timesAsOften = 16;

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
 * What sampling costs: one process serves without it, with it, and with it `timesAsOften`, in turns, since processes differ by more
 * than sampling costs. Each round begins after a collection, and ends before the one that comes with the end of sampling.
 */
export function sampling({ seconds }: SecondsArgs): Arm {
  const ratios: Record<string, number> = {};
  return {
    run: async () => {
      const [sessions, next] = [new Sessions(), { request: 0 }];
      const collect = forcedCollector();
      await serveFor(1000, sessions, next);
      const round = async (intervalBytes: number): Promise<number> => {
        await collectAll(collect);
        const profiler = intervalBytes === 0 ? undefined : new SamplingProfiler(intervalBytes);
        const cpu = await serveFor(roundMs, sessions, next);
        profiler?.close();
        return cpu;
      };
      const endMs = performance.now() + 1000 * seconds;
      for (let turn = 0; performance.now() < endMs; turn++) {
        const intervals = [0, samplingBytes, samplingBytes / timesAsOften];
        const cpu = new Map<number, number>();
        for (const interval of turn % 2 === 0 ? intervals : intervals.reverse())
          cpu.set(interval, await round(interval));
        ratios[`once ${turn}`] = cpu.get(samplingBytes)! / cpu.get(0)!;
        ratios[`often ${turn}`] = cpu.get(samplingBytes / timesAsOften)! / cpu.get(0)!;
      }
    },
    answer: () => "served",
    counters: () => ratios,
  };
}

/** What the watch does beside sampling, as a part of one processor, from one reading to another in a service that is never idle. */
export function callbacks({ readings }: { readonly readings: number }): Arm {
  let counters: Record<string, number> = {};
  return {
    run: async () => {
      const [sessions, next] = [new Sessions(), { request: 0 }];
      await serveFor(1000, sessions, next);
      const clock = new CountedClock();
      using detector = new LeakDetector({ warmupMs: 0, clock }).start();
      const until = async (readings: number): Promise<void> => {
        while (detector.stats().readings < readings) await serveFor(roundMs, sessions, next);
      };
      await until(1);
      const [startMs, startCpuMs] = [performance.now(), clock.cpuMs];
      await until(1 + readings);
      counters = { part: (clock.cpuMs - startCpuMs) / (performance.now() - startMs) };
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

function serveSecond(sessions: Sessions, first: number, leaks: number): void {
  for (let i = 0; i < 200; i++) serve(sessions, first + i);
  for (let i = 0; i < leaks; i++) rememberVisit(first + i);
}

export interface NamedArgs {
  /** 0 for none. */
  readonly leakedBytes: number;
}

/** Five minutes of a service in the detector's time, in each second of which 200 requests are served, and a part of the leak leaks. */
export function named({ leakedBytes }: NamedArgs): Arm {
  const clock = new PassedTime();
  const sessions = new Sessions();
  let isLeaking = false;
  let suspected: readonly (string | undefined)[] = [];
  return {
    run: async () => {
      using detector = new LeakDetector({ clock, warmupMs: 60_000 }).start();
      for (let second = 0; second < 75; second++) serveSecond(sessions, 200 * second, 0);
      clock.pass(61_000);
      for (let second = 75; second < 375; second++) {
        serveSecond(sessions, 200 * second, leakedBytes / 120 / 300);
        clock.pass(1000);
        if (second % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const { status, suspects } = detector.report();
      isLeaking = status === "leaking";
      suspected = suspects.map(({ site }) => site?.functionName);
    },
    answer: () => visits.length >= 0 && "done",
    counters: () => {
      // V8 may have inlined the one into the other.
      const rank = suspected.findIndex((name) => name === rememberVisit.name || name === serveSecond.name);
      return { leaking: Number(isLeaking), first: Number(rank === 0), named: Number(rank !== -1) };
    },
  };
}
