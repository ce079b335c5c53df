import type { OriginReply } from "./origin-reply.ts";

/** Delays and failures by chance, the same for everyone who asks the same things as often. */
export interface OriginFaults {
  readonly seed: number;
  /** Of all requests, 0 to 1. @default 0 */
  readonly failureRate?: number;
  /** One of them is what a failing request gets. @default a 503, or a connection closed before or within the answer */
  readonly failures?: readonly OriginReply[];
  /** Of those that don't fail, 0 to 1. @default 0 */
  readonly slowRate?: number;
  /** Milliseconds that a slow one takes longer. @default 300 */
  readonly slowMs?: number;
}

const usualFailures: readonly OriginReply[] = [
  { status: 503, body: "unavailable" },
  { cut: "start" },
  { cut: "body" },
];

/**
 * Decides by seed, request target and how often that was asked before, so that the order in which requests come, and who
 * sends them, changes nothing.
 */
export class FaultDraw {
  readonly #faults: OriginFaults;
  readonly #asked = new Map<string, number>();

  constructor(faults: OriginFaults) {
    this.#faults = faults;
  }

  /** @param target method and path @returns what is to be different from a good answer */
  draw(target: string): OriginReply {
    const { seed, failureRate = 0, failures = usualFailures, slowRate = 0, slowMs = 300 } = this.#faults;
    const times = (this.#asked.get(target) ?? 0) + 1;
    this.#asked.set(target, times);
    const chance = uniform(`${seed} ${times} ${target}`);
    if (chance < failureRate) return failures[Math.floor((chance / failureRate) * failures.length)] ?? {};
    const slow = (chance - failureRate) / (1 - failureRate);
    return slow < slowRate ? { delayMs: slowMs } : {};
  }

  reset(): void {
    this.#asked.clear();
  }
}

/** @returns 0 ≤ x < 1, by FNV-1a with the finish of MurmurHash3 */
function uniform(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
