import type { CheckedHit } from "../../algorithms/truth-check.ts";
import type { ResolvedCacheOptions } from "./cache-options.ts";
import {
  askOrigin,
  type CheckedResponse,
  ownOptions,
  plainFields,
  sameResponse,
} from "./checked-response.ts";
import type { Errand } from "./errand.ts";
import { handedOut } from "./header-fields.ts";
import type { MemoryStore } from "./memory-store.ts";
import { choose, usability } from "./reuse.ts";
import type { StoredResponse } from "./stored-response.ts";

interface Shelf {
  readonly options: ResolvedCacheOptions;
  readonly memory: MemoryStore;
}

/** A fresh response that was given to a caller, and how its origin is asked again. */
export function checkedHit(
  { dispatch, options, request, key }: Errand,
  stored: StoredResponse,
  { memory, options: { clock, now, maxEntryBytes, revalidateTimeoutMs: timeoutMs } }: Shelf,
): CheckedHit<CheckedResponse> {
  const { status, fields, body } = stored.record;
  const headers = plainFields(request) as Record<string, string>;
  return {
    value: { status, headers: handedOut(fields), body },
    key,
    reload: (signal) =>
      askOrigin(
        dispatch,
        ownOptions(options, headers, clock.now() + timeoutMs, timeoutMs),
        maxEntryBytes,
        signal,
      ),
    isStillCurrent: () =>
      choose(memory.get(key) ?? [], request) === stored && usability(stored, request, now()) === "fresh",
    equal: sameResponse,
  };
}
