import type { Limit } from "../../src/concurrency/limit.ts";
import { seededRandom } from "../../src/measure/random.ts";

/** What the service is like from a moment on. */
export interface ServicePhase {
  readonly fromMs: number;
  /** Requests that it works on at once; all others wait in its own queue, first come, first served. */
  readonly slots: number;
  /** Mean. */
  readonly serviceMs: number;
  /** Requests offered each second, at random times. */
  readonly offeredPerSecond: number;
}

export interface SimulatedLoad {
  readonly limit: Limit;
  readonly phases: readonly ServicePhase[];
  readonly untilMs: number;
  /** Beyond which an answer is worthless: the client gives up, and the service works on all the same. */
  readonly patienceMs: number;
  /** Of service times: all alike, or by an exponential distribution. */
  readonly service: "constant" | "exponential";
  /** Mean of what a round trip takes beyond the service, at random. @default 0 */
  readonly overheadMs?: number;
  /** Who of those that wait at the client is sent next. @default "newest" */
  readonly next?: "newest" | "oldest";
  readonly seed?: number;
}

/** For each phase. */
export interface PhaseOutcome {
  /** Answers in time, by what the service could have given at most (or what was offered, if less). */
  readonly goodput: number;
  readonly meanLimit: number;
  /** When the phase was over. */
  readonly lastLimit: number;
}

interface Request {
  readonly arrivedMs: number;
  startedMs: number;
  isOver: boolean;
}

/** A client with a limit before a service with a queue, in virtual time. */
export function simulateLoad(load: SimulatedLoad): readonly PhaseOutcome[] {
  const { limit, phases, untilMs, patienceMs, service } = load;
  const random = seededRandom(load.seed ?? 1);
  const events = new EventQueue();
  const waiting: Request[] = [];
  const atService: Request[] = [];
  const good = phases.map(() => 0);
  const limitSum = phases.map(() => 0);
  const limitCount = phases.map(() => 0);
  const lastLimit = phases.map(() => limit.current);
  let phase = 0;
  let busy = 0;
  let inFlight = 0;
  let now = 0;

  const startWork = (): void => {
    while (busy < phases[phase]!.slots && atService.length > 0) {
      const request = atService.shift()!;
      busy++;
      const mean = phases[phase]!.serviceMs;
      const takes = service === "constant" ? mean : -mean * Math.log(1 - random());
      events.add(now + takes, () => {
        busy--;
        startWork();
        events.add(now - (load.overheadMs ?? 0) * Math.log(1 - random()), () => {
          if (request.isOver) return;
          good[phase]!++;
          release(request, false);
        });
      });
    }
  };
  const send = (): void => {
    while (waiting.length > 0 && inFlight < limit.current) {
      const request = load.next === "oldest" ? waiting.shift()! : waiting.pop()!;
      if (request.isOver) continue;
      inFlight++;
      request.startedMs = now;
      atService.push(request);
    }
    startWork();
  };
  const release = (request: Request, dropped: boolean): void => {
    request.isOver = true;
    limit.update({ rttMs: now - request.startedMs, inFlight, dropped });
    inFlight--;
    limitSum[phase]! += limit.current;
    limitCount[phase]!++;
    lastLimit[phase] = limit.current;
    send();
  };
  const arrive = (): void => {
    const request: Request = { arrivedMs: now, startedMs: -1, isOver: false };
    waiting.push(request);
    events.add(now + patienceMs, () => {
      if (request.isOver) return;
      if (request.startedMs >= 0) release(request, true);
      else request.isOver = true;
    });
    events.add(now - (1000 / phases[phase]!.offeredPerSecond) * Math.log(1 - random()), arrive);
    send();
  };
  events.add(0, arrive);
  for (const [i, { fromMs }] of phases.entries())
    events.add(fromMs, () => {
      phase = i;
      startWork();
    });
  for (let next = events.next(); next !== undefined && next.atMs < untilMs; next = events.next()) {
    now = next.atMs;
    next.run();
  }
  return phases.map(({ fromMs, slots, serviceMs, offeredPerSecond }, i) => {
    const seconds = ((phases[i + 1]?.fromMs ?? untilMs) - fromMs) / 1000;
    const most = Math.min((slots * 1000) / serviceMs, offeredPerSecond) * seconds;
    return {
      goodput: good[i]! / most,
      meanLimit: limitSum[i]! / Math.max(1, limitCount[i]!),
      lastLimit: lastLimit[i]!,
    };
  });
}

interface SimulatedEvent {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A binary heap; events of the same time come in the order in which they were added. */
class EventQueue {
  readonly #heap: SimulatedEvent[] = [];
  #order = 0;

  add(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atMs, order: this.#order++, run };
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  next(): SimulatedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: SimulatedEvent, b: SimulatedEvent): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
