/** A loader whose loads the test ends when it likes. */
export function controlled<V = number>() {
  const calls: (PromiseWithResolvers<V> & { key: string; signal: AbortSignal | undefined })[] = [];
  const loader = (key: string, signal?: AbortSignal) => {
    const call = { ...Promise.withResolvers<V>(), key, signal };
    calls.push(call);
    return call.promise;
  };
  return { calls, loader };
}
