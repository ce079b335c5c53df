import { startTimer, stopTimer } from "./own-time.ts";

const { subscribe, unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");
const Module = process.getBuiltinModule("node:module");

/** What `require` publishes when it ends; so does an `import` of a CommonJS module. */
interface RequireEnd {
  readonly id: string;
  readonly parentFilename?: string;
  readonly result?: unknown;
}

const channel = "tracing:module.require:end";

/** How a file of a package is told. */
export interface ModuleName {
  /** What is asked for, such as `pg`; or, with `within`, the relative path by which the package itself asks. */
  readonly id: string;
  /** The end of its path, such as `/node_modules/pg/lib/index.js`. */
  readonly path: string;
  /** A part of the path of who asks; only where `id` is relative. */
  readonly within?: string;
}

interface Watched extends ModuleName {
  readonly seen: (exports: unknown) => void;
}

/** When to look whether an ES module has imported a built-in module, which nothing tells; milliseconds from the look before. */
const looksMs = [0, 100, 900, 9000];

/**
 * Tells of packages that a program loads, every copy of them, by what Node publishes of `require`; no hook is put into
 * the loading of modules. Packages inside a bundle aren't seen.
 * @see https://nodejs.org/api/diagnostics_channel.html#built-in-channels
 */
export class LoadedModules {
  readonly #watched: Watched[] = [];
  readonly #told = new WeakSet<object>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onEnd = (message: unknown): void => this.#ended(message as RequireEnd);

  /** Calls `seen` with the exports of each copy, those loaded already included. */
  watch(name: ModuleName, seen: (exports: unknown) => void): void {
    if (this.#watched.length === 0) subscribe(channel, this.#onEnd);
    const watched = { ...name, seen };
    this.#watched.push(watched);
    const cache = (Module as unknown as { readonly _cache?: Readonly<Record<string, NodeJS.Module>> })._cache;
    for (const [file, module] of Object.entries(cache ?? {}))
      if (module?.loaded && endsWith(file, watched.path)) this.#tell(watched, module.exports);
  }

  /**
   * The same of a built-in module that mustn't be loaded for it. One that a CommonJS module asks for is told at once; one
   * that an ES module imports when it is looked for next: soon after the start, and now and then until 10 s later.
   * @param name without `node:`
   */
  watchBuiltIn(name: string, seen: (exports: unknown) => void): void {
    const id = `node:${name}`;
    this.watch({ id, path: `/${id}` }, seen);
    const watched = this.#watched.at(-1)!;
    const isLoaded = (): boolean => {
      const { moduleLoadList = [] } = process as { readonly moduleLoadList?: readonly string[] };
      if (!moduleLoadList.includes(`NativeModule ${name}`)) return false;
      this.#tell(watched, process.getBuiltinModule(id));
      return true;
    };
    if (isLoaded()) return;
    this.#look(isLoaded, 0);
  }

  #look(isLoaded: () => boolean, turn: number): void {
    if (turn >= looksMs.length) return;
    const timer = startTimer(() => {
      this.#timers.delete(timer);
      if (!isLoaded()) this.#look(isLoaded, turn + 1);
    }, looksMs[turn]).unref();
    this.#timers.add(timer);
  }

  close(): void {
    if (this.#watched.length > 0) unsubscribe(channel, this.#onEnd);
    this.#watched.length = 0;
    this.#stopLooking();
  }

  #stopLooking(): void {
    for (const timer of this.#timers) stopTimer(timer);
    this.#timers.clear();
  }

  #ended(message: RequireEnd | undefined | null): void {
    const { id, parentFilename, result } = message ?? {};
    if (typeof id !== "string") return;
    for (const watched of this.#watched)
      if (id === watched.id ? isWithin(watched, parentFilename) : endsWith(id, watched.path))
        this.#tell(watched, result);
  }

  #tell({ seen }: Watched, exports: unknown): void {
    const isThing = (typeof exports === "object" && exports !== null) || typeof exports === "function";
    if (!isThing || this.#told.has(exports)) return;
    this.#told.add(exports);
    try {
      seen(exports);
    } catch {
      // A stand-in of that name, or a file that may not be read: what is thrown here would end the program.
    }
  }
}

const slashed = (path: string): string => path.replaceAll("\\", "/");

function isWithin({ within }: Watched, parent: string | undefined): boolean {
  return within === undefined || (typeof parent === "string" && slashed(parent).includes(within));
}

function endsWith(file: string, path: string): boolean {
  return file.endsWith(path) || (file.includes("\\") && slashed(file).endsWith(path));
}
