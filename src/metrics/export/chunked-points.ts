import { setImmediate as nextTurn } from "node:timers/promises";
import type { PushChunk } from "./push-buffer.ts";

/** How long encoding may hold the event loop. */
const turnMs = 5;
/** So many points are encoded between two looks at the clock. */
const stride = 32;

/**
 * Puts encoded points together, as many as fit, and lets the event loop have its turn in between.
 * @param maxBytes of a chunk, its frame left out; a point that is larger by itself must not come
 * @param join makes a chunk's bytes of its points'
 */
export async function* chunkedPoints(
  points: Iterable<Uint8Array>,
  maxBytes: number,
  join: (points: readonly Uint8Array[]) => Uint8Array,
): AsyncIterable<PushChunk> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let seen = 0;
  let turnEndsAt = performance.now() + turnMs;
  for (const point of points) {
    if (size + point.length > maxBytes && waiting.length > 0) {
      yield { bytes: join(waiting), points: waiting.length };
      [waiting, size] = [[], 0];
    }
    waiting.push(point);
    size += point.length;
    if (++seen % stride === 0 && performance.now() >= turnEndsAt) {
      await nextTurn();
      turnEndsAt = performance.now() + turnMs;
    }
  }
  if (waiting.length > 0) yield { bytes: join(waiting), points: waiting.length };
}
