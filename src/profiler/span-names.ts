import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import { knownKeys, rejectType } from "../options.ts";
import { cutText } from "./cut-text.ts";
import type { SpanOptions } from "./span.ts";

/** What is known of all spans of one name and category. */
export class SpanName {
  readonly name: string;
  readonly category: string;
  /** Its number in the table. */
  readonly index: number;
  /** Milliseconds. */
  readonly durations = new LatencyHistogram();
  selfMs = 0;
  failed = 0;
  /** The same name in another category. */
  next: SpanName | undefined;

  constructor(name: string, category: string, index: number) {
    this.name = name;
    this.category = category;
    this.index = index;
  }

  reset(): void {
    this.durations.reset();
    this.selfMs = 0;
    this.failed = 0;
  }
}

/** What spans are called whose name, or whose name and category, found no room. */
export const otherName = "(other)";
const defaultCategory = "general";
const longestText = 200;
const optionKeys = ["category", "metadata"];

/**
 * The names of spans, each a number. Bounded: when `maxNames` are known, a new name counts as `(other)` of its category,
 * and one of a new category as `(other)` of `(other)`, so there are at most 2 × `maxNames` + 1. Text beyond 200 characters
 * is cut.
 */
export class SpanNames {
  readonly #maxNames: number;
  readonly #byName = new Map<string, SpanName>();
  readonly #others = new Map<string, SpanName>();
  readonly #all: SpanName[] = [];
  /** Spans that found no room for their name. */
  overflowed = 0;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  get all(): readonly SpanName[] {
    return this.#all;
  }

  /** @throws {TypeError} on a name, category or option that is none; looked at only where the name is new */
  find(name: string, options: SpanOptions): SpanName {
    const { category = defaultCategory } = options;
    let known = this.#byName.get(name);
    while (known !== undefined && known.category !== category) known = known.next;
    return known ?? this.#new(name, category, options);
  }

  reset(): void {
    for (const name of this.#all) name.reset();
    this.overflowed = 0;
  }

  #new(name: string, category: string, options: SpanOptions): SpanName {
    if (typeof name !== "string" || name === "") rejectType("name", "a name", name);
    knownKeys("span", options, optionKeys);
    if (typeof category !== "string" || category === "") rejectType("category", "a name", category);
    const { metadata } = options;
    if (metadata !== undefined && (typeof metadata !== "object" || metadata === null))
      rejectType("metadata", "an object", metadata);
    if (name.length > longestText || category.length > longestText)
      return this.find(cutText(name, longestText), { category: cutText(category, longestText) });
    if (this.#byNameCount >= this.#maxNames) return this.#overflow(category);
    const added = this.#add(name, category);
    added.next = this.#byName.get(name);
    this.#byName.set(name, added);
    return added;
  }

  get #byNameCount(): number {
    return this.#all.length - this.#others.size;
  }

  #overflow(category: string): SpanName {
    this.overflowed++;
    const known = this.#others.get(category);
    if (known !== undefined) return known;
    const own = this.#all.some((name) => name.category === category) ? category : otherName;
    const other = this.#others.get(own) ?? this.#add(otherName, own);
    this.#others.set(own, other);
    return other;
  }

  #add(name: string, category: string): SpanName {
    const added = new SpanName(name, category, this.#all.length);
    this.#all.push(added);
    return added;
  }
}
