import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** What Node keeps of an async context: a map of storages and what is stored. */
interface ContextFrame {
  readonly size: number;
  get(storage: object): unknown;
}
type Framed = Record<symbol, ContextFrame | undefined>;

/** Where an `AsyncResource` has its context; `undefined` where this Node keeps contexts in another way. */
const frameKey = findFrameKey();

/**
 * Has a resource call functions in an empty context if the one that it was made in holds a single value, so that who puts
 * in another value of the same storage begins with nothing. Node copies the context entry by entry, in JavaScript; for a
 * copy that is then overwritten, this is more than all the rest of a span. Elsewhere, and beside other storages, it does
 * nothing.
 * @param resource just made
 * @param storage the one that will be entered
 */
export function leaveOutOnlyValue(resource: AsyncResource, storage: object): void {
  if (frameKey === undefined) return;
  const framed = resource as unknown as Framed;
  const frame = framed[frameKey];
  if (frame?.size === 1 && frame.get(storage) !== undefined) framed[frameKey] = undefined;
}

/**
 * By trial, for the property has no name that Node promises: it must hold a context, and lead to it. In a scope of its own: an entry
 * without a value, which `run` leaves behind, would else be in all contexts of the program.
 */
function findFrameKey(): symbol | undefined {
  const storage = new AsyncLocalStorage<object>();
  const stored = {};
  const tried = (): symbol | undefined => {
    const resource = new AsyncResource("VICTOR_SPAN");
    const framed = resource as unknown as Framed;
    const isFrame = (value: unknown): boolean =>
      typeof value === "object" &&
      value !== null &&
      typeof (value as ContextFrame).size === "number" &&
      typeof (value as ContextFrame).get === "function" &&
      (value as ContextFrame).get(storage) === stored;
    const key = Object.getOwnPropertySymbols(resource).find((symbol) => isFrame(framed[symbol]));
    if (key === undefined) return undefined;
    framed[key] = undefined;
    const isEmpty = resource.runInAsyncScope(() => storage.getStore() === undefined);
    return isEmpty && storage.getStore() === stored ? key : undefined;
  };
  return new AsyncResource("VICTOR_SPAN").runInAsyncScope(() => storage.run(stored, tried));
}
