/**
 * A place in a trie of argument lists, and the entry of the list that ends there. Each level is one argument: `f(1)` and
 * `f(1, undefined)` end at different depths. Primitives are told apart as by `Map` (`NaN` is one key, −0 is 0), objects
 * and functions by identity.
 *
 * Objects are held weakly: nothing but the object itself leads to what is below it, as long as who stands outside keeps
 * only `hold`s.
 */
export class ArgumentNode {
  readonly #parent: ArgumentNode | undefined;
  readonly #key: unknown;
  #primitives: Map<unknown, ArgumentNode> | undefined = undefined;
  #objects: WeakMap<object, ArgumentNode> | undefined = undefined;
  /** Entries here and below, those included that were collected with an object. */
  #entries = 0;
  /** Does it live only as long as an object among its arguments does? */
  readonly #isWeak: boolean;
  #hold: WeakHold | undefined = undefined;
  /** The entry's number; 0 while the list that ends here has none. */
  slot = 0;
  value: unknown = undefined;
  /** Since the entry was last considered for eviction. */
  isUsed = false;
  /** What is to give a newer value. */
  flight: unknown = undefined;

  constructor(parent?: ArgumentNode, key?: unknown) {
    this.#parent = parent;
    this.#key = key;
    this.#isWeak = parent !== undefined && (parent.#isWeak || isObject(key));
  }

  child(argument: unknown): ArgumentNode | undefined {
    // The commonest kinds first, which saves a tenth of a hit.
    if (typeof argument === "string" || typeof argument === "number" || !isObject(argument))
      return this.#primitives === undefined ? undefined : this.#primitives.get(argument);
    return this.#objects === undefined ? undefined : this.#objects.get(argument);
  }

  /** @returns where the list ends that begins here; `undefined` if no such list was ever added */
  find(list: readonly unknown[]): ArgumentNode | undefined {
    let node: ArgumentNode | undefined = this;
    for (let i = 0; i < list.length && node !== undefined; i++) node = node.child(list[i]);
    return node;
  }

  /** Counts an entry where the list ends, after making what was missing on the way. */
  add(list: readonly unknown[]): ArgumentNode {
    let node: ArgumentNode = this;
    node.#entries++;
    for (const argument of list) {
      node = node.child(argument) ?? node.#grow(argument);
      node.#entries++;
    }
    return node;
  }

  /** Takes back what `add` counted, and takes out of the trie all that leads nowhere now. */
  remove(): void {
    let node: ArgumentNode | undefined = this;
    for (; node !== undefined; node = node.#parent)
      if (--node.#entries === 0 && node.#parent !== undefined) node.#parent.#forget(node.#key);
  }

  /** Takes out everything below; for the root. */
  clear(): void {
    this.#primitives = undefined;
    this.#objects = undefined;
    this.#entries = 0;
  }

  /** What to keep of it: itself, or a weak hold where it lives only as long as an object does. */
  get hold(): ArgumentNode | WeakHold {
    if (!this.#isWeak) return this;
    if (this.#hold === undefined) {
      // All below one object are collected together, so that the next to be left is the node above that object.
      let top: ArgumentNode = this;
      while (!isObject(top.#key)) top = top.#parent!;
      this.#hold = new WeakHold(this, top.#parent!.hold);
    }
    return this.#hold;
  }

  #grow(argument: unknown): ArgumentNode {
    const node = new ArgumentNode(this, argument);
    if (isObject(argument)) {
      this.#objects ??= new WeakMap();
      this.#objects.set(argument, node);
    } else {
      this.#primitives ??= new Map();
      this.#primitives.set(argument, node);
    }
    return node;
  }

  #forget(argument: unknown): void {
    if (isObject(argument)) this.#objects?.delete(argument);
    else this.#primitives?.delete(argument);
  }
}

/** Leads to a node, and keeps no object alive by it. */
export class WeakHold {
  readonly #node: WeakRef<ArgumentNode>;
  readonly #above: ArgumentNode | WeakHold;

  /** @param above of the node that may be left when `node` was collected */
  constructor(node: ArgumentNode, above: ArgumentNode | WeakHold) {
    this.#node = new WeakRef(node);
    this.#above = above;
  }

  /** `undefined` once it was collected with an object. */
  get node(): ArgumentNode | undefined {
    return this.#node.deref();
  }

  /** The node, or the nearest one above that is left, to call `remove` on when the node was collected. */
  get nearest(): ArgumentNode {
    return this.node ?? (this.#above instanceof WeakHold ? this.#above.nearest : this.#above);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" ? value !== null : typeof value === "function";
}
