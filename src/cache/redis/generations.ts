import { tierFault } from "./fault.ts";
import { Notice } from "./notice.ts";

/** A generation as it was at the server, and whether it still is. */
export class Generation extends Notice {
  readonly name: string;
  /** Itself and the server that it lay on; "" until it is known. */
  text = "";

  constructor(name: string) {
    super();
    this.name = name;
  }
}

const mostAttempts = 5;

/** What is known of the generations at the server. */
export class Generations {
  readonly #fetch: (generation: Generation) => Promise<string>;
  readonly #max: number;
  readonly #root: string;
  readonly #byName = new Map<string, Generation>();
  readonly #pending = new Map<Generation, Promise<string>>();

  /** @param root name of what everything depends on, which is never given up to make room @param fetch asks the server, which will tell of changes from then on */
  constructor(max: number, root: string, fetch: (generation: Generation) => Promise<string>) {
    this.#max = max;
    this.#root = root;
    this.#fetch = fetch;
  }

  /** @returns what is known without asking */
  known(name: string): Generation | undefined {
    const generation = this.#byName.get(name);
    return generation && generation.text !== "" ? generation : undefined;
  }

  /** @throws {SharedTierError} when the server can't be asked */
  async read(name: string): Promise<Generation> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const generation = this.#byName.get(name) ?? this.#add(name);
      if (generation.text !== "") return generation;
      const text = await this.#answerOf(generation);
      if (!generation.isAlive) continue;
      generation.text = text;
      return generation;
    }
    throw tierFault("unavailable", "a generation changes faster than it can be read");
  }

  /** The server told of a change. @returns whether it was known, and isn't any more */
  told(name: string): boolean {
    return this.#byName.get(name)?.told() === true && this.end(name);
  }
  /** It changed. @returns whether it was known */
  end(name: string): boolean {
    const generation = this.#byName.get(name);
    if (!generation) return false;
    this.#byName.delete(name);
    generation.end();
    return true;
  }
  /** Ends one, unless another has taken its place. */
  endOne(generation: Generation): void {
    generation.end();
    if (this.#byName.get(generation.name) === generation) this.#byName.delete(generation.name);
  }
  /** All changed, or may have. */
  endAll(): void {
    for (const generation of this.#byName.values()) generation.end();
    this.#byName.clear();
  }

  #add(name: string): Generation {
    if (this.#byName.size >= this.#max) {
      const [first, second] = this.#byName.keys();
      const oldest = first === this.#root ? second : first;
      if (oldest !== undefined) this.end(oldest);
    }
    const generation = new Generation(name);
    this.#byName.set(name, generation);
    return generation;
  }

  async #answerOf(generation: Generation): Promise<string> {
    let answer = this.#pending.get(generation);
    if (!answer) {
      answer = this.#fetch(generation);
      this.#pending.set(generation, answer);
    }
    try {
      return await answer;
    } catch (error) {
      if (this.#byName.get(generation.name) === generation) this.end(generation.name);
      throw error;
    } finally {
      this.#pending.delete(generation);
    }
  }
}
