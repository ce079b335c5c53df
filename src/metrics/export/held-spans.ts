/** A span that has ended: what is used of the profiler's `SpanRecord`. */
export interface EndedSpan {
  readonly id: number;
  readonly parentId?: number | undefined;
  readonly name: string;
  readonly category: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since `performance.timeOrigin`. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly error?: { readonly name: string; readonly message: string } | undefined;
  readonly threadId: number;
}

/** A span that has ended, with all below it that had ended by then. */
export interface SpanTree {
  readonly span: EndedSpan;
  readonly children: readonly SpanTree[];
  /** Spans in it. */
  readonly size: number;
}

interface Siblings {
  readonly trees: SpanTree[];
  readonly sinceMs: number;
}

/** Trees of spans whose parents have not ended yet, kept under the parent's id. */
export class HeldSpans {
  /** In the order in which the first child of each came. */
  readonly #byParent = new Map<number, Siblings>();
  #size = 0;

  hold(tree: SpanTree, parentId: number, nowMs: number): void {
    const siblings = this.#byParent.get(parentId);
    if (siblings) siblings.trees.push(tree);
    else this.#byParent.set(parentId, { trees: [tree], sinceMs: nowMs });
    this.#size += tree.size;
  }

  /** The span with all that was held below it, which is held no longer. */
  gather(span: EndedSpan): SpanTree {
    const children = this.take(span.id);
    return { span, children, size: children.reduce((size, child) => size + child.size, 1) };
  }

  /**
   * The trees that have waited longest for their common parent; they are held no longer.
   * @param sinceMs only where the first of them came then or before
   */
  takeOldest(sinceMs = Number.POSITIVE_INFINITY): readonly SpanTree[] {
    const oldest = this.#byParent.entries().next().value;
    return oldest === undefined || oldest[1].sinceMs > sinceMs ? [] : this.take(oldest[0]);
  }

  /** At most `limit` trees of those that have waited longest for their common parent; they are held no longer. */
  takeSome(limit: number): readonly SpanTree[] {
    const oldest = this.#byParent.entries().next().value;
    if (oldest === undefined) return [];
    const [parentId, { trees }] = oldest;
    if (trees.length <= limit) return this.take(parentId);
    const taken = trees.splice(0, limit);
    for (const { size } of taken) this.#size -= size;
    return taken;
  }

  /** Spans that are held. */
  get size(): number {
    return this.#size;
  }

  /** The trees below a span; they are held no longer. */
  take(parentId: number): readonly SpanTree[] {
    const siblings = this.#byParent.get(parentId);
    if (siblings === undefined) return [];
    this.#byParent.delete(parentId);
    for (const { size } of siblings.trees) this.#size -= size;
    return siblings.trees;
  }
}
