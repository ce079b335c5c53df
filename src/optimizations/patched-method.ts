type Method = (this: never, ...args: never[]) => unknown;

/**
 * A method that is replaced until `undo`. The replacement has the original's name, length and other properties, and its
 * property keeps its place, flags and enumerability.
 */
export class PatchedMethod {
  /** False once undone: a replacement that couldn't be taken out, since another's lies on top, must only pass on. */
  isActive = true;
  readonly #owner: object;
  readonly #key: PropertyKey;
  readonly #before: PropertyDescriptor;
  readonly #replacement: Method;

  /**
   * @param make gets the original and this patch, and returns the replacement
   * @throws {TypeError} when there is no such method of its own, or it can't be replaced; nothing is changed then
   */
  constructor(owner: object, key: PropertyKey, make: (original: Method, patch: PatchedMethod) => Method) {
    const before = Object.getOwnPropertyDescriptor(owner, key);
    if (typeof before?.value !== "function" || !before.writable)
      throw new TypeError(`${String(key)}: no method that could be replaced`);
    this.#owner = owner;
    this.#key = key;
    this.#before = before;
    this.#replacement = make(before.value, this);
    for (const name of Reflect.ownKeys(before.value))
      if (name !== "prototype")
        Object.defineProperty(this.#replacement, name, Object.getOwnPropertyDescriptor(before.value, name)!);
    Object.defineProperty(owner, key, { ...before, value: this.#replacement });
  }

  /** @returns false when another's patch lies on top, or the owner was frozen since: this one stays, doing nothing */
  undo(): boolean {
    this.isActive = false;
    const now = Object.getOwnPropertyDescriptor(this.#owner, this.#key);
    if (now?.value !== this.#replacement) return false;
    return Reflect.defineProperty(this.#owner, this.#key, this.#before);
  }
}
