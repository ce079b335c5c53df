import { callable } from "../options.ts";
import { thrownText } from "../thrown-text.ts";
import type { SpanListener, SpanRecord } from "./span-record.ts";

/** Who is told of spans that end. */
export class SpanListeners {
  /** Replaced on each change, so that one who leaves while all are told spares no other. */
  #listeners: readonly SpanListener[] = [];
  /** Whether there is anyone. */
  any = false;
  errors = 0;

  /** @returns ends it */
  add(listener: SpanListener): () => void {
    callable("listener", listener);
    // Of its own for each call, so that one function given twice is told, and ended, twice.
    const own: SpanListener = (span) => listener(span);
    this.#set([...this.#listeners, own]);
    return () => this.#set(this.#listeners.filter((known) => known !== own));
  }

  tell(span: SpanRecord): void {
    for (const listener of this.#listeners) {
      try {
        listener(span);
      } catch (error) {
        if (this.errors++ === 0)
          process.emitWarning(`a listener of spans failed: ${thrownText(error)}`, {
            code: "VICTOR_SPAN_LISTENER",
          });
      }
    }
  }

  #set(listeners: readonly SpanListener[]): void {
    this.#listeners = listeners;
    this.any = listeners.length > 0;
  }
}
