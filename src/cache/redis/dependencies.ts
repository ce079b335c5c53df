import { randomBytes } from "node:crypto";
import { SharedTierError } from "../../errors.ts";
import type { TagStamp } from "./entry-format.ts";
import { tierFault } from "./fault.ts";
import { Generation, Generations } from "./generations.ts";
import type { KeyNames } from "./key-names.ts";
import { generationScript } from "./scripts.ts";
import type { Topology } from "./topology.ts";

/** What isn't replaced that long is loaded once more; without an end, tags would fill the server. */
const generationMs = 30 * 86_400_000;

/** 96 bits, 16 signs of ASCII. */
export const randomText = (): string => randomBytes(12).toString("base64url");

/** The generations that values depend on: of the namespace, and of tags. */
export class Dependencies {
  /** Doesn't the server tell of changes, so that it has to be asked each time? */
  isAsking = false;
  readonly #names: KeyNames;
  readonly #topology: () => Topology;
  readonly #clear: () => Promise<void>;
  readonly #generations: Generations;
  #mustRenew = false;
  #renewal: Promise<void> | undefined;

  /** @param max of those that are remembered @param clear makes the server forget the whole namespace */
  constructor(names: KeyNames, max: number, topology: () => Topology, clear: () => Promise<void>) {
    this.#names = names;
    this.#topology = topology;
    this.#clear = clear;
    this.#generations = new Generations(max, names.namespace, (generation) => this.#textOf(generation));
  }

  /** The server may have lost what it was told last: before anything else, it is to forget all. */
  renew(): void {
    this.#mustRenew = true;
    this.#renewed().catch(() => undefined);
  }

  /** Whether what is remembered needn't be asked for. */
  get isTold(): boolean {
    return !this.isAsking && !this.#mustRenew;
  }

  /** Of the namespace, then of the tags, without asking; `undefined` where that isn't enough. */
  known(tags: readonly TagStamp[]): Generation[] | undefined {
    if (!this.isTold) return undefined;
    const namespace = this.#generations.known(this.#names.namespace);
    if (!namespace) return undefined;
    const all = [namespace];
    for (const { tag } of tags) {
      const generation = this.#generations.known(this.#names.tag(tag));
      if (!generation) return undefined;
      all.push(generation);
    }
    return all;
  }

  /** Of the namespace, then of the tags. @throws {SharedTierError} when the server can't be asked */
  async of(tags: readonly string[]): Promise<Generation[]> {
    const names = [this.#names.namespace, ...tags.map((tag) => this.#names.tag(tag))];
    if (this.#mustRenew) await this.#renewed();
    return Promise.all(
      names.map((name) => (this.isAsking ? this.#freshly(name) : this.#generations.read(name))),
    );
  }

  /** What a value depends on, the life of its server included. */
  root(name: string, namespace: Generation): string {
    return `${this.epochOf(name)} ${namespace.text}`;
  }

  /** Names the life of the server that has a key. */
  epochOf(name: string): string {
    return this.#topology().linkOf(name)?.epoch ?? "?";
  }

  /** @throws {SharedTierError} when the server can't be asked */
  async areCurrent(generations: readonly Generation[]): Promise<boolean> {
    if (this.isAsking) {
      const present = await Promise.all(generations.map(({ name }) => this.#freshly(name)));
      return generations.every(({ text }, index) => text === present[index]!.text);
    }
    // On one connection, whatever was forgotten is told before it answers; on several, it has to be waited for.
    if (this.#topology().links.length > 1) await this.heardAll();
    return generations.every(({ isAlive }) => isAlive);
  }

  /** Resolves when all is known that changed before the call. @throws {SharedTierError} */
  async heardAll(): Promise<void> {
    const { isComplete, links } = this.#topology();
    if (!isComplete) throw tierFault("unavailable", "not connected to all masters");
    await Promise.all(links.map((link) => link.send(["PING"])));
  }

  /** Replaces a generation by one that never was. @throws {SharedTierError} */
  async replace(name: string): Promise<void> {
    const topology = this.#topology();
    try {
      await topology.send(name, ["SET", name, randomText(), "PX", String(generationMs)]);
    } catch (error) {
      if (!(error instanceof SharedTierError) || error.reason !== "full") throw error;
      // There is always room for having none, which counts as changed as well.
      await topology.send(name, ["UNLINK", name]);
    }
  }

  /** The server told of a change. @returns whether that ended a generation */
  told(name: string): boolean {
    return this.#generations.told(name);
  }
  /** It changes. @returns whether it was a generation that is known */
  end(name: string): boolean {
    return this.#generations.end(name);
  }
  endAll(): void {
    this.#generations.endAll();
  }

  #renewed(): Promise<void> {
    this.#renewal ??= this.#clear()
      .then(() => {
        this.#mustRenew = false;
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  async #freshly(name: string): Promise<Generation> {
    const generation = new Generation(name);
    generation.text = await this.#textOf(generation);
    return generation;
  }

  async #textOf(generation: Generation): Promise<string> {
    const { name } = generation;
    const topology = this.#topology();
    const reply = await topology.send(name, ["GET", name]).catch((error: unknown) => {
      if (isWrongType(error)) return undefined;
      throw error;
    });
    const text = Buffer.isBuffer(reply) ? reply : await this.#made(generation);
    return `${String(text)}@${this.epochOf(name)}`;
  }

  /** @returns the text that it is given, unless there is one by now */
  async #made(generation: Generation): Promise<unknown> {
    const own = randomText();
    let hasWritten: boolean | undefined;
    generation.beginWrite();
    try {
      const args = [own, String(generationMs)];
      const text = await this.#topology().run(generationScript, [generation.name], args);
      hasWritten = String(text) === own;
      return text;
    } finally {
      if (!generation.settleWrite(hasWritten)) this.#generations.endOne(generation);
    }
  }
}

export const isWrongType = (error: unknown): boolean =>
  error instanceof SharedTierError && /WRONGTYPE/.test(error.message);
