import { WorkerCloneError, WorkerLoadError } from "../errors.ts";
import { type PackedError, unpackError } from "./worker-error.ts";
import { outcome } from "./worker-protocol.ts";

/**
 * What a task fails with that didn't return.
 * @param label of its function
 * @param how one of `outcome`
 * @param value that came with it
 */
export function failureOf(label: string, how: number, value: unknown): unknown {
  if (how === outcome.threwValue) return value;
  const error = unpackError(value as PackedError);
  switch (how) {
    case outcome.notLoaded:
      return new WorkerLoadError(label, { cause: error });
    case outcome.notReceived:
      return new WorkerCloneError("arguments", { cause: error });
    case outcome.resultNotCloned:
      return new WorkerCloneError("result", { cause: error });
    case outcome.thrownNotCloned:
      return new WorkerCloneError("thrown value", { cause: error });
    default:
      return error;
  }
}
