import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** What Node asks of an async context: which storages have which values. Its own is a `Map`. */
interface Frame extends Iterable<readonly [object, unknown]> {
  readonly size: number;
  has(storage: object): boolean;
  get(storage: object): unknown;
}
type Framed = Record<symbol, Frame | undefined>;

/**
 * An async context that puts one storage's value before the context that it is entered in.
 *
 * Node copies the context into a new `Map` for each value that is put in, entry by entry, in JavaScript, which costs more
 * than all the rest of a span. What Node does to contexts, all of it by `AsyncLocalStorage`, is tried when the module
 * loads; where anything ends otherwise than with a `Map` (another Node, or `--no-async-context-frame`), `precede` does
 * nothing, and its caller enters the value in the ordinary way.
 */
export class ContextFrame implements Frame {
  /** `undefined` once it was disabled in this context. */
  #storage: object | undefined;
  readonly #value: unknown;
  /** What other storages hold. It has no value of this storage: else each would keep the one before, for ever. */
  #outer: Frame | undefined;

  constructor(storage: object, value: unknown) {
    this.#storage = storage;
    this.#value = value;
  }

  /**
   * Has `resource` call its functions in this context, which serves one resource only.
   * @param resource just made, so it holds the context of now
   * @returns false when it can't be done
   */
  precede(resource: AsyncResource): boolean {
    return frameKey !== undefined && this.#precede(resource as unknown as Framed, frameKey);
  }

  #precede(framed: Framed, key: symbol): boolean {
    const frame = framed[key];
    if (frame !== undefined) {
      const storage = this.#storage!;
      if (#storage in frame && frame.#storage === storage) this.#outer = frame.#outer;
      else if (frame.get(storage) === undefined) this.#outer = frame;
      else if (frame.size > 1) return false;
    }
    framed[key] = this;
    return true;
  }

  get size(): number {
    return (this.#storage === undefined ? 0 : 1) + (this.#outer === undefined ? 0 : this.#outer.size);
  }

  has(storage: object): boolean {
    return storage === this.#storage || this.#outer?.has(storage) === true;
  }

  get(storage: object): unknown {
    if (storage === this.#storage) return this.#value;
    return this.#outer === undefined ? undefined : this.#outer.get(storage);
  }

  /** Node's name for it: from now on `storage` has no value in this context. Others keep theirs, as with a copy. */
  disable(storage: object): void {
    if (storage === this.#storage) this.#storage = undefined;
    else if (this.#outer?.has(storage)) {
      const rest = new Map(this.#outer);
      rest.delete(storage);
      this.#outer = rest;
    }
  }

  *[Symbol.iterator](): Iterator<readonly [object, unknown]> {
    if (this.#outer !== undefined) yield* this.#outer;
    if (this.#storage !== undefined) yield [this.#storage, this.#value];
  }

  /** Where an `AsyncResource` has its context; `undefined` where a frame in there doesn't do what Node's own does. */
  static findKey(): symbol | undefined {
    const [own, other] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
    const sees = (ownValue: unknown, otherValue: unknown): boolean =>
      own.getStore() === ownValue && other.getStore() === otherValue;
    const behaves = (): symbol | undefined => {
      const resource = new AsyncResource("VICTOR_SPAN");
      const framed = resource as unknown as Framed;
      const key = Object.getOwnPropertySymbols(resource).find((symbol) => {
        const frame: Partial<Frame> | undefined = framed[symbol];
        return typeof frame?.get === "function" && frame.get(other) === "around";
      });
      if (key === undefined || !new ContextFrame(own, "frame").#precede(framed, key)) return undefined;
      const isEntered = resource.runInAsyncScope(
        () =>
          sees("frame", "around") &&
          other.run("within", () => sees("frame", "within")) &&
          own.run("within", () => sees("within", "around")) &&
          AsyncLocalStorage.snapshot()(sees, "frame", "around"),
      );
      const isDisabled = resource.runInAsyncScope(() => {
        other.disable();
        const isOther = sees("frame", undefined);
        own.disable();
        return isOther && sees(undefined, undefined);
      });
      return isEntered && isDisabled && sees(undefined, "around") ? key : undefined;
    };
    // In a scope: what `run` leaves behind, an entry without a value, would be in all contexts of the program.
    return new AsyncResource("VICTOR_SPAN").runInAsyncScope(() => {
      try {
        return other.run("around", behaves);
      } catch {
        // A Node that asks more of a context than is known here.
        return undefined;
      }
    });
  }
}

const frameKey = ContextFrame.findKey();
