import type { Labels } from "./metric.ts";

/**
 * Finds the series of some label values: a tree with a level for each label, in the order of their names.
 * Labels that are written in that order are gone through once, without a look-up by name and without a key being built.
 */
export class SeriesIndex<Series> {
  readonly #names: readonly string[];
  readonly #root = new Branch();

  /** @param names at least one */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** @returns `undefined` when there is none, or the labels are not exactly the names */
  find(labels: Labels): Series | undefined {
    const names = this.#names;
    let node: unknown = this.#root;
    let level = 0;
    for (const name in labels) {
      if (name !== names[level]) return this.#findByName(labels);
      node = (node as Branch).get(labels[name]!);
      if (node === undefined) return undefined;
      level++;
    }
    return level === names.length ? (node as Series) : undefined;
  }

  /** In whatever order they are written. */
  #findByName(labels: Labels): Series | undefined {
    const names = this.#names;
    let given = 0;
    for (const _name in labels) given++;
    if (given !== names.length) return undefined;
    let node: unknown = this.#root;
    for (const name of names) {
      node = (node as Branch).get(labels[name]!);
      if (node === undefined) return undefined;
    }
    return node as Series;
  }

  /** @param values one for each name, in their order */
  findValues(values: readonly string[]): Series | undefined {
    let node: unknown = this.#root;
    for (const value of values) {
      node = (node as Branch).get(value);
      if (node === undefined) return undefined;
    }
    return node as Series;
  }

  /** @param values one for each name, in their order; not there yet */
  add(values: readonly string[], series: Series): void {
    let branch = this.#root;
    for (const value of values.slice(0, -1)) {
      let next = branch.get(value) as Branch | undefined;
      if (next === undefined) {
        next = new Branch();
        branch.add(value, next);
      }
      branch = next;
    }
    branch.add(values.at(-1)!, series);
  }
}

/** The first four values are compared one by one, which takes a third of a `Map`'s time; all others are in a `Map`. */
class Branch {
  // A place that is free holds "", not undefined: comparing strings alone is what the compiler makes fast. The first free
  // place comes after all that are taken, so it hides no "" that is a value.
  #value1 = "";
  #value2 = "";
  #value3 = "";
  #value4 = "";
  #child1: unknown;
  #child2: unknown;
  #child3: unknown;
  #child4: unknown;
  #others: Map<string, unknown> | undefined;

  get(value: string): unknown {
    if (value === this.#value1) return this.#child1;
    if (value === this.#value2) return this.#child2;
    if (value === this.#value3) return this.#child3;
    if (value === this.#value4) return this.#child4;
    return this.#others?.get(value);
  }

  add(value: string, child: unknown): void {
    if (this.#child1 === undefined) [this.#value1, this.#child1] = [value, child];
    else if (this.#child2 === undefined) [this.#value2, this.#child2] = [value, child];
    else if (this.#child3 === undefined) [this.#value3, this.#child3] = [value, child];
    else if (this.#child4 === undefined) [this.#value4, this.#child4] = [value, child];
    else {
      this.#others ??= new Map();
      this.#others.set(value, child);
    }
  }
}
