/** A node of one `LruList`; extend it with what is to be kept in order of use. */
export class LruNode {
  /** The neighbour used more recently; the node itself while it is in no list. */
  newer: LruNode = this;
  /** The neighbour used less recently; the node itself while it is in no list. */
  older: LruNode = this;
}

/**
 * Nodes in order of use: an intrusive doubly linked ring, so that a touch is six writes and allocates nothing.
 * The list knows no keys and no bound; those are its owner's.
 */
export class LruList<N extends LruNode> {
  // The ring's seam: its `older` side is the most recent node, its `newer` side the oldest.
  readonly #seam = new LruNode();

  /** The node used longest ago; `undefined` when empty. */
  get oldest(): N | undefined {
    const node = this.#seam.newer;
    return node === this.#seam ? undefined : (node as N);
  }

  /** Makes `node` the most recent one, whether or not it was in this list before. */
  touch(node: N): void {
    const seam = this.#seam;
    const newest = seam.older;
    if (newest === node) return;
    node.newer.older = node.older;
    node.older.newer = node.newer;
    node.newer = seam;
    node.older = newest;
    newest.newer = node;
    seam.older = node;
  }

  /** Takes `node` out; without effect when it is in no list. */
  remove(node: N): void {
    node.newer.older = node.older;
    node.older.newer = node.newer;
    node.newer = node;
    node.older = node;
  }

  /** From the most recent to the oldest. The node just given may be removed while iterating, no other. */
  *[Symbol.iterator](): IterableIterator<N> {
    let node = this.#seam.older;
    while (node !== this.#seam) {
      const next = node.older;
      yield node as N;
      node = next;
    }
  }
}
