import type { Stamp } from "./shared-tier.ts";

/** Of a key, a tag or the namespace, until it is forgotten. Its identity is the generation: none ever comes back. */
export class Generation {
  isLive = true;
}

/** What a value depends on in a hub. */
export class HubStamp implements Stamp {
  readonly key: string;
  readonly #generations: readonly Generation[];

  constructor(key: string, generations: readonly Generation[]) {
    this.key = key;
    this.#generations = generations;
  }

  get isLive(): boolean {
    for (const generation of this.#generations) if (!generation.isLive) return false;
    return true;
  }
}
