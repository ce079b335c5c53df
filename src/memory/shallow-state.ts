/** Properties that are looked at, at most. */
const mostProperties = 32;

/** What a later look can be compared with: own properties, lengths and sizes, nothing beneath them. */
export function shallowState(object: object): unknown[] {
  if (object instanceof Map || object instanceof Set) return [object.size];
  // What a view holds is too much to keep a copy of.
  if (ArrayBuffer.isView(object)) return [object.byteLength];
  const state: unknown[] = Array.isArray(object) ? [object.length] : [];
  for (const key in object) {
    if (state.length >= mostProperties) break;
    if (!Object.hasOwn(object, key)) continue;
    state.push(key, readValue(object, key));
  }
  return state;
}

/** A getter that throws says as much each time. */
function readValue(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return readValue;
  }
}

export function sameShallowState(state: readonly unknown[], object: object): boolean {
  const now = shallowState(object);
  return now.length === state.length && now.every((part, i) => Object.is(part, state[i]));
}
