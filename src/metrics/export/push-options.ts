import type { Clock } from "../../clock.ts";
import type { SampledRegistry } from "./samples-in-steps.ts";

/** What all push sinks have in common. */
export interface PushOptions {
  /** Whose series are sent. */
  readonly registry: SampledRegistry;
  /** Name or address of the server; a name is looked up at each connection. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** Put before every name, with a dot between: `shop.web-1`. @default "" */
  readonly prefix?: string | undefined;
  /**
   * Milliseconds from one push to the next, ≥ 100. The first comes at a random moment of the first interval, so that
   * many processes that start together don't push together; after it there is no jitter, so that no step of the
   * server's is left empty. @default 10_000
   */
  readonly intervalMs?: number | undefined;
  /** Milliseconds for all of one push, connecting included, ≥ 1. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds that `close` takes at most for what is still to be sent, ≥ 0. @default 5_000 */
  readonly closeTimeoutMs?: number | undefined;
  /** Bytes that wait for the server at most, ≥ 65,536. The oldest are dropped, and counted. @default 1_048_576 */
  readonly maxBufferBytes?: number | undefined;
  /** Milliseconds between two attempts at a server that fails, at most, ≥ 0. @default 60_000 */
  readonly maxBackoffMs?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** Their names, for `knownKeys`. */
export const pushOptionNames: readonly string[] = Object.freeze([
  "registry",
  "host",
  "prefix",
  "intervalMs",
  "timeoutMs",
  "closeTimeoutMs",
  "maxBufferBytes",
  "maxBackoffMs",
  "clock",
]);
