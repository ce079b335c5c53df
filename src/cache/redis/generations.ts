import { tierFault } from "./fault.ts";

/** A generation as it was at the server, and whether it still is. */
export class Generation {
  readonly name: string;
  isAlive = true;
  /** Itself and the server that it lay on; "" until it is known. */
  text = "";

  constructor(name: string) {
    this.name = name;
  }
}

const mostAttempts = 5;

/** What is known of the generations at the server. */
export class Generations {
  readonly #fetch: (name: string) => Promise<string>;
  readonly #max: number;
  readonly #byName = new Map<string, Generation>();
  readonly #pending = new Map<Generation, Promise<string>>();

  /** @param fetch asks the server, which will tell of changes from then on */
  constructor(max: number, fetch: (name: string) => Promise<string>) {
    this.#max = max;
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

  /** It changed. @returns whether it was known */
  end(name: string): boolean {
    const generation = this.#byName.get(name);
    if (!generation) return false;
    this.#byName.delete(name);
    generation.isAlive = false;
    return true;
  }
  /** All changed, or may have. */
  endAll(): void {
    for (const generation of this.#byName.values()) generation.isAlive = false;
    this.#byName.clear();
  }

  #add(name: string): Generation {
    if (this.#byName.size >= this.#max) {
      const [oldest] = this.#byName.keys();
      if (oldest !== undefined) this.end(oldest);
    }
    const generation = new Generation(name);
    this.#byName.set(name, generation);
    return generation;
  }

  async #answerOf(generation: Generation): Promise<string> {
    let answer = this.#pending.get(generation);
    if (!answer) {
      answer = this.#fetch(generation.name);
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
