import { Script } from "node:vm";
import { LruCache } from "../algorithms/lru-cache.ts";
import { moduleUrl } from "../measure/measure-options.ts";
import type { FunctionDefinition } from "./worker-protocol.ts";
import { RunTimes } from "./worker-run-times.ts";

/** Functions that a pool, and each of its threads, remembers. */
export const maxFunctions = 1000;

/** A function as a pool knows it. */
export interface KnownFunction {
  readonly definition: FunctionDefinition;
  readonly times: RunTimes;
}

// biome-ignore lint/suspicious/noExplicitAny: of whatever signature
export type AnyFunction = (...args: any[]) => unknown;

/** The functions of one pool, each under an id; those with the same source, or the same export of a file, are one. */
export class WorkerFunctions {
  readonly #known = new LruCache<string, KnownFunction>({ maxSize: maxFunctions });
  /** Spares the look at the text. Functions without a name are mostly made anew for each call. */
  readonly #named = new WeakMap<AnyFunction, KnownFunction>();
  #lastId = 0;

  /**
   * @param exportName of a file
   * @throws {TypeError} for what is neither a function that can be sent nor a file
   */
  find(target: AnyFunction | string | URL, exportName: string | undefined): KnownFunction {
    if (typeof target !== "function") return this.#fromFile(target, exportName);
    if (exportName !== undefined) throw new TypeError("name: expected a file with it, got a function");
    const seen = this.#named.get(target);
    if (seen !== undefined) return seen;
    const known = this.#fromSource(target);
    if (target.name !== "") this.#named.set(target, known);
    return known;
  }

  #fromSource(target: AnyFunction): KnownFunction {
    const source = Function.prototype.toString.call(target);
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    checkSource(target, source);
    // A name can be redefined as anything, also as what can't be sent.
    const label =
      typeof target.name === "string" && target.name !== "" ? target.name : "(anonymous function)";
    return this.#add(source, { id: ++this.#lastId, label, source });
  }

  #fromFile(file: string | URL, exportName = "default"): KnownFunction {
    if ((typeof file !== "string" && !(file instanceof URL)) || file === "")
      throw new TypeError(`runInWorker: expected a function, a path or a URL, got ${typeof file}`);
    if (typeof exportName !== "string") throw new TypeError("name: expected the name of an export");
    const url = moduleUrl(file);
    // No source of a function begins so.
    const key = `# ${exportName} ${url}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const label = exportName === "default" ? url : `${url} ${exportName}`;
    return this.#add(key, { id: ++this.#lastId, label, url, exportName });
  }

  #add(key: string, definition: FunctionDefinition): KnownFunction {
    const known: KnownFunction = { definition, times: new RunTimes() };
    this.#known.set(key, known);
    return known;
  }
}

/** A function whose text can't be called elsewhere is refused here, where the caller sees it. */
function checkSource(fn: AnyFunction, source: string): void {
  const name = fn.name || "the function";
  const refuse = (why: string, cause?: unknown): never => {
    throw new TypeError(`${name} can't be sent to a thread: ${why}; put it in a file and pass its path`, {
      cause,
    });
  };
  if (/\{\s*\[native code\]\s*\}$/.test(source)) refuse("it is native or bound, so it has no source");
  if (/^class\b/.test(source)) refuse("it is a class");
  if (/^(async\s*)?(function\s*)?\*/.test(source))
    refuse("it is a generator, and what it gives can't be copied");
  try {
    // Parsed, not run. `(` alone doesn't end in the middle of a text such as "a) (b".
    new Script(`(${source}\n)`);
  } catch (error) {
    refuse("its source is not an expression, as that of a method or getter isn't", error);
  }
}
