import type { Stamp } from "../shared-tier.ts";

/** A load, or another fill, under way. */
export class LoadRun {
  readonly tags: readonly string[];
  /** Has nothing been done here meanwhile that its value would undo? */
  isCurrent = true;
  /** Of what it has noted on the server. */
  stamp: Stamp | undefined;
  /** Where nothing was noted on the server, since that couldn't be asked: the outage, by the recoveries before. */
  outage: number | undefined;

  constructor(tags: readonly string[]) {
    this.tags = tags;
  }
}

/** Those of this process, the newest of each key. */
export class LoadRuns {
  readonly #runs = new Map<string, LoadRun>();
  readonly #superseded: (key: string) => void;

  /** @param superseded told of each key whose run doesn't count any more */
  constructor(superseded: (key: string) => void) {
    this.#superseded = superseded;
  }

  get size(): number {
    return this.#runs.size;
  }

  get(key: string): LoadRun | undefined {
    return this.#runs.get(key);
  }

  begin(key: string, tags: readonly string[]): LoadRun {
    this.supersede(key);
    const run = new LoadRun(tags);
    this.#runs.set(key, run);
    return run;
  }

  end(key: string, run: LoadRun): void {
    if (this.#runs.get(key) === run) this.#runs.delete(key);
  }

  supersede(key: string): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    run.isCurrent = false;
    this.#runs.delete(key);
    this.#superseded(key);
  }

  supersedeTags(tags: readonly string[]): void {
    for (const [key, run] of [...this.#runs])
      if (run.tags.some((tag) => tags.includes(tag))) this.supersede(key);
  }

  /** Those of which nobody can tell whether what they read was changed since. @param key of all keys, if absent */
  supersedeUnvouched(key: string | undefined): void {
    for (const each of key === undefined ? [...this.#runs.keys()] : [key])
      if (this.#runs.get(each)?.outage !== undefined) this.supersede(each);
  }

  supersedeAll(): void {
    for (const key of [...this.#runs.keys()]) this.supersede(key);
  }
}
