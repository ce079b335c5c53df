import { Readable } from "node:stream";
import type { RequestBody } from "./request-body.ts";

type Content = RequestBody["content"];

/**
 * The streams of one call, one for each attempt. undici ends those that it has begun to send; one that never got so far, because no
 * connection came about, say, would hold its file or socket for ever.
 * @internal
 */
export class SentStreams {
  readonly #streams: Content[];

  constructor(first: Content) {
    this.#streams = [first];
  }

  /** @returns the same */
  add(content: Content): Content {
    this.#streams.push(content);
    return content;
  }

  /** Gives up those that are still open: all, when the call has failed; else those of the attempts before the last. */
  end(failed: boolean): void {
    const given = failed ? this.#streams.splice(0) : this.#streams.splice(0, this.#streams.length - 1);
    for (const content of given) giveUp(content);
  }
}

function giveUp(content: Content): void {
  // An iterable that has not begun holds nothing, and can't be told.
  if (content instanceof ReadableStream) {
    // What is locked has a reader, who ends it. A cancel that fails has nobody who could do more.
    if (!content.locked) content.cancel().catch(() => undefined);
  } else if (content instanceof Readable && !content.destroyed) {
    content.on("error", () => undefined);
    content.destroy();
  }
}

/** Whether it can be sent only once. */
export function isStream(content: Content): boolean {
  return typeof content === "object" && content !== null && !(content instanceof Uint8Array);
}
