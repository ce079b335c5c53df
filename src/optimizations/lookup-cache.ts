import type { LookupAddress, LookupOptions } from "node:dns";
import type { Clock } from "../clock.ts";
import { nextTick, nextTurn } from "./own-time.ts";

type Callback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;
/** `dns.lookup`, as loosely as a program may call it. */
export type Lookup = (this: never, ...args: never[]) => unknown;

interface Answer {
  readonly address: string | readonly LookupAddress[];
  readonly family: number | undefined;
  readonly untilMs: number;
}

/** Names that are remembered; the one looked up longest ago goes first. */
const maxNames = 256;

/**
 * Remembers answers of `dns.lookup` for a short while, and makes one look-up of those under way at once. Whatever the
 * system's own look-up does (files of hosts, search domains, order of addresses) stays as it is. Errors are not
 * remembered and not shared. Calls that aren't plain are passed on untouched.
 */
export class LookupCache {
  hits = 0;
  misses = 0;
  joined = 0;
  readonly #answers = new Map<string, Answer>();
  readonly #underWay = new Map<string, ((error: Error | null, answer?: Answer) => void)[]>();
  readonly #ttlMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #order: () => string;

  /** @param defaultOrder of addresses, which the program may change */
  constructor(ttlMs: number, clock: Pick<Clock, "now">, defaultOrder: () => string) {
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#order = defaultOrder;
  }

  get size(): number {
    return this.#answers.size;
  }

  clear(): void {
    this.#answers.clear();
  }

  /** @returns whether a call of `dns.lookup` with these arguments may be answered from here, its callback being the last */
  takes(args: readonly unknown[]): boolean {
    const [hostname, options, third] = args;
    const place = typeof options === "function" ? 1 : 2;
    return (
      args.length === place + 1 &&
      typeof (place === 1 ? options : third) === "function" &&
      this.#key(hostname, options) !== undefined
    );
  }

  /** @returns what `original` returns, or an empty object, as it does itself where nothing has to be asked */
  lookup(original: Lookup, self: unknown, args: readonly unknown[]): unknown {
    const pass = (...given: readonly unknown[]): unknown => Reflect.apply(original, self, given);
    const [hostname, options, third] = args;
    const callback = (typeof options === "function" ? options : third) as Callback;
    const key = typeof callback === "function" ? this.#key(hostname, options) : undefined;
    if (key === undefined) return pass(...args);
    const known = this.#answers.get(key);
    if (known !== undefined && known.untilMs > this.#clock.now()) {
      this.hits++;
      nextTurn(() => give(callback, known));
      return {};
    }
    const waiting = this.#underWay.get(key);
    if (waiting !== undefined) {
      this.joined++;
      const inContext = process.getBuiltinModule("node:async_hooks").AsyncLocalStorage.snapshot();
      waiting.push((error, answer) =>
        inContext(() => {
          if (error === null) give(callback, answer!);
          else pass(...args);
        }),
      );
      return {};
    }
    return this.#ask(key, callback, (asked) => {
      const own = typeof options === "function" ? [hostname, asked] : [hostname, options, asked];
      return pass(...own);
    });
  }

  #ask(key: string, callback: Callback, pass: (asked: Callback) => unknown): unknown {
    this.misses++;
    const waiting: ((error: Error | null, answer?: Answer) => void)[] = [];
    this.#underWay.set(key, waiting);
    const asked: Callback = function (this: unknown, ...given) {
      ended(given);
      Reflect.apply(callback, this, given);
    };
    const ended = ([error, address, family]: Parameters<Callback>): void => {
      this.#underWay.delete(key);
      const untilMs = this.#clock.now() + this.#ttlMs;
      const answer = error || !address ? undefined : { address: copied(address), family, untilMs };
      if (answer !== undefined && this.#ttlMs > 0) this.#keep(key, answer);
      // Each on its own, so that one that throws takes nothing from the others.
      for (const wake of waiting) nextTick(wake, answer ? null : (error ?? new Error("no address")), answer);
    };
    try {
      return pass(asked);
    } catch (error) {
      this.#underWay.delete(key);
      throw error;
    }
  }

  #keep(key: string, answer: Answer): void {
    this.#answers.delete(key);
    if (this.#answers.size >= maxNames) this.#answers.delete(this.#answers.keys().next().value!);
    this.#answers.set(key, answer);
  }

  /** @returns `undefined` for a call that is better left to the original */
  #key(hostname: unknown, options: unknown): string | undefined {
    if (typeof hostname !== "string" || hostname === "" || isAddress.test(hostname)) return undefined;
    if (typeof options === "number") return JSON.stringify([hostname, options, this.#order()]);
    if (typeof options === "function" || options === undefined || options === null)
      return JSON.stringify([hostname, this.#order()]);
    if (typeof options !== "object") return undefined;
    const { family, hints, all, order, verbatim } = options as LookupOptions;
    const parts = [family, hints, all, order, verbatim];
    if (!parts.every((part) => part === null || isPlain.has(typeof part))) return undefined;
    return JSON.stringify([hostname, ...parts.map((part) => [typeof part, part ?? null]), this.#order()]);
  }
}

/** Types of options that a key can tell apart; the original says what is wrong with others. */
const isPlain = new Set(["boolean", "number", "string", "undefined"]);

/** Addresses need no look-up; a name never has a colon, nor digits and dots alone. */
const isAddress = /^[\d.]+$|:/;

function give(callback: Callback, { address, family }: Answer): void {
  if (family === undefined) callback(null, copied(address));
  else callback(null, copied(address), family);
}

/** A caller may change what it gets. */
function copied(address: Answer["address"]): string | LookupAddress[] {
  return typeof address === "string" ? address : address.map((one) => ({ ...one }));
}
