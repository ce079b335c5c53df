import type { Dispatcher } from "undici";
import type { NetworkPolicy } from "../network/policy.ts";

/** Under these, undici's copies and Node's own `fetch` find the dispatcher that is global. */
const places = [Symbol.for("undici.globalDispatcher.1"), Symbol.for("undici.globalDispatcher.2")];

type Places = Record<symbol, Dispatcher | undefined>;

/**
 * Puts a policy before the global dispatchers that are there now; no copy of undici is loaded for it.
 * @returns takes it out again where nobody has set another dispatcher since
 */
export function composeGlobalDispatchers(policy: NetworkPolicy): () => void {
  // Looking at it makes Node load its own undici, which sets the dispatchers.
  void globalThis.Response;
  const holder = globalThis as unknown as Places;
  const composed = new Map<Dispatcher, Dispatcher>();
  const before = places.map((place) => holder[place]);
  // All or none: one that can't be composed must not leave another behind that nobody takes out.
  for (const dispatcher of before)
    if (dispatcher !== undefined && !composed.has(dispatcher))
      composed.set(dispatcher, dispatcher.compose(policy as Dispatcher.DispatcherComposeInterceptor));
  for (const [index, place] of places.entries())
    if (before[index] !== undefined) holder[place] = composed.get(before[index])!;
  return () => {
    for (const [index, place] of places.entries()) {
      const own = before[index] === undefined ? undefined : composed.get(before[index]);
      if (own !== undefined && holder[place] === own) holder[place] = before[index];
    }
  };
}
