import type { Clock, TimerHandle } from "../../../src/clock.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { LeakDetector } from "../../../src/memory/leaks/leak-detector.ts";

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

export interface ServiceArgs {
  readonly watch: boolean;
}

/** Requests to a service, 500 in a turn of the event loop. */
export function service({ watch }: ServiceArgs): Arm {
  const sessions = new Sessions();
  const detector = watch ? new LeakDetector({ warmupMs: 0 }).start() : undefined;
  const startedMs = performance.now();
  let [requests, bytes] = [0, 0];
  return {
    run: async (count) => {
      for (let i = 0; i < count; i++) {
        bytes += serve(sessions, requests++);
        if (requests % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    answer: () => (bytes > 0 ? "served" : "nothing"),
    counters: () => {
      const { readings = 0, readingCpuMs = 0 } = detector?.stats() ?? {};
      return { readings, readingShare: readingCpuMs / (performance.now() - startedMs) };
    },
    close: () => detector?.close(),
  };
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

/** Ten minutes of a service in the detector's time, in each of which 50,000 requests are served, and a part of the leak leaks. */
export function named({ leakedBytes }: NamedArgs): Arm {
  const clock = new PassedTime();
  const sessions = new Sessions();
  let answer = "";
  return {
    run: async () => {
      let request = 0;
      for (; request < 30_000; request++) serve(sessions, request);
      using detector = new LeakDetector({ clock, warmupMs: 60_000 }).start();
      clock.pass(61_000);
      const leaks = leakedBytes / 120;
      for (let second = 0; second < 300; second++) {
        for (let i = 0; i < 300; i++) serve(sessions, request++);
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
