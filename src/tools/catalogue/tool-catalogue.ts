import { DuplicateToolError, UnknownToolError } from "../../errors.ts";
import { rejectType } from "../../options.ts";
import type { Tool } from "../tool.ts";
import { digestOf, FingerprintSum } from "./fingerprint.ts";
import { checkTools, schemaJson } from "./tool-check.ts";

interface Entry {
  readonly tool: Tool;
  readonly digest: bigint;
}

/**
 * The tools that there are, by name, in the order in which they came. Each change takes place whole or not at all.
 * Tools are held as they are given, not copied: to change one, replace it.
 */
export class ToolCatalogue {
  readonly #entries = new Map<string, Entry>();
  readonly #fingerprint = new FingerprintSum();
  #version = 0;

  /** @throws as {@link ToolCatalogue.add} */
  constructor(tools: readonly Tool[] = []) {
    this.#put(this.#checked(tools));
    this.#version = 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Grows with each change, from 0. */
  get version(): number {
    return this.#version;
  }

  /**
   * Of all tools' names, titles, descriptions, schemas, servers and pins, 32 hexadecimal digits; the order of tools, and of keys in a schema,
   * doesn't matter.
   */
  get fingerprint(): string {
    return this.#fingerprint.toString();
  }

  /**
   * Adds tools at the end.
   * @throws {InvalidToolError} when one is no tool
   * @throws {DuplicateToolError} when a name is taken, or comes twice
   */
  add(tools: readonly Tool[]): void {
    const checked = this.#checked(tools);
    for (const name of checked.keys()) if (this.#entries.has(name)) throw new DuplicateToolError(name);
    this.#put(checked);
  }

  /**
   * Puts tools in the places of those with the same names.
   * @throws {InvalidToolError} when one is no tool
   * @throws {UnknownToolError} when there is none of that name
   * @throws {DuplicateToolError} when a name comes twice
   */
  replace(tools: readonly Tool[]): void {
    const checked = this.#checked(tools);
    for (const name of checked.keys()) if (!this.#entries.has(name)) throw new UnknownToolError(name);
    this.#put(checked);
  }

  /** @returns how many were there and are gone; an unknown name is passed over */
  remove(names: readonly string[]): number {
    if (!Array.isArray(names)) rejectType("names", "an array of names", names);
    let removed = 0;
    for (const name of names) {
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      this.#entries.delete(name);
      this.#fingerprint.subtract(entry.digest);
      removed++;
    }
    if (removed > 0) this.#version++;
    return removed;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get(name: string): Tool | undefined {
    return this.#entries.get(name)?.tool;
  }

  /** In catalogue order. */
  names(): string[] {
    return Array.from(this.#entries.keys());
  }

  /** In catalogue order. */
  *tools(): IterableIterator<Tool> {
    for (const { tool } of this.#entries.values()) yield tool;
  }

  #checked(tools: readonly Tool[]): Map<string, Entry> {
    checkTools(tools);
    return new Map(
      tools.map((tool, index) => [tool.name, { tool, digest: digestOf(tool, schemaJson(tool, index)) }]),
    );
  }

  #put(checked: ReadonlyMap<string, Entry>): void {
    for (const [name, entry] of checked) {
      const old = this.#entries.get(name);
      if (old !== undefined) this.#fingerprint.subtract(old.digest);
      this.#fingerprint.add(entry.digest);
      this.#entries.set(name, entry);
    }
    if (checked.size > 0) this.#version++;
  }
}
