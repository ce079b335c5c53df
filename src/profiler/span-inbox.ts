import { threadId } from "node:worker_threads";
import { MpmcRing } from "../concurrency/mpmc-ring.ts";
import type { InboxHandle, RemoteSpan } from "./remote-span.ts";

/** Spans that other threads may send between two looks; later ones are lost, and counted. About 2 MB. */
const capacity = 2048;
const maxRecordBytes = 1024;
let inboxes = 0;

/** Where the spans of other threads arrive: shared memory, which they write without waiting for anyone. */
export class SpanInbox {
  readonly handle: InboxHandle;
  readonly #ring: MpmcRing<RemoteSpan>;
  readonly #lost: Int32Array;

  constructor() {
    this.#ring = MpmcRing.json<RemoteSpan>({ capacity, maxRecordBytes });
    this.#lost = new Int32Array(new SharedArrayBuffer(4));
    this.handle = {
      inbox: `${threadId}.${++inboxes}`,
      ring: this.#ring.handle,
      lost: this.#lost.buffer as SharedArrayBuffer,
    };
  }

  get lost(): number {
    return Atomics.load(this.#lost, 0);
  }

  /** Takes the one that arrived first; `undefined` when there is none. */
  take(): RemoteSpan | undefined {
    return this.#ring.tryPop();
  }
}
