import type { BodyRecorder } from "./body-recorder.ts";
import type { Caller } from "./caller.ts";
import type { Errand } from "./errand.ts";
import { type HeaderFields, handedOut } from "./header-fields.ts";

/** A caller's place in a flight, and how far it has read. */
export interface Seat {
  readonly caller: Caller;
  /** Its own: what it asks for isn't all that others of the flight ask for. */
  readonly errand: Errand;
  /** Whether the flight was begun for it. */
  readonly isLeader: boolean;
  /** Chunks that it was given. */
  cursor: number;
}

/** Those who read one body while it comes in, each as fast as it likes; what the slow have still to read is recorded. */
export class FlightSeats {
  readonly seats: Seat[];
  readonly #recorder: BodyRecorder | undefined;
  /** Chunks that came in. */
  #count = 0;
  #trailers: HeaderFields | undefined;
  #isOver = false;

  /** @param recorder `undefined` for a single reader of what isn't kept */
  constructor(seats: Seat[], recorder: BodyRecorder | undefined) {
    this.seats = seats;
    this.#recorder = recorder;
  }

  get leader(): Seat | undefined {
    const first = this.seats[0];
    return first === undefined || first.isLeader ? first : this.seats.find(({ isLeader }) => isLeader);
  }

  /** @returns the caller's seat, if it has one still */
  of(caller: Caller): Seat | undefined {
    return this.seats.find((seat) => seat.caller === caller);
  }

  /** Whether all that came in is still there, for one who comes late. */
  get isWhole(): boolean {
    return this.#recorder !== undefined && !this.#recorder.isTooLarge;
  }

  get hasLaggards(): boolean {
    return this.seats.some((seat) => seat.cursor < this.#count);
  }

  /** Whether the origin should wait: for the slowest when nothing more can be kept, else when nobody reads. */
  get wantsPause(): boolean {
    if (this.seats.length === 0) return false;
    return this.isWhole
      ? this.seats.every(({ caller }) => caller.paused)
      : this.seats.some((seat) => seat.caller.paused || seat.cursor < this.#count);
  }

  add(chunk: Buffer): void {
    const { seats } = this;
    const isAlone = seats.length === 1;
    const reading = seats.filter((seat) => seat.cursor === this.#count && (isAlone || !seat.caller.paused));
    this.#recorder?.add(chunk, reading.length < seats.length);
    this.#count++;
    // The leader last: what it does to its chunk is no matter then.
    for (const seat of reading.reverse()) {
      seat.cursor++;
      seat.caller.data(isAlone ? chunk : Buffer.from(chunk));
    }
    this.#letGo();
  }

  /** Gives a caller what it hasn't read yet. */
  flush(seat: Seat): void {
    while (seat.cursor < this.#count && !seat.caller.paused && !seat.caller.isDone) {
      const chunk = this.#recorder!.chunks[seat.cursor++]!;
      seat.caller.data(Buffer.from(chunk));
    }
    if (this.#isOver && seat.cursor === this.#count) this.#end(seat);
    this.#letGo();
  }

  /** Nothing more comes in. */
  end(trailers: HeaderFields): void {
    this.#isOver = true;
    this.#trailers = trailers;
    for (const seat of [...this.seats]) if (seat.cursor === this.#count) this.#end(seat);
    this.#letGo();
  }

  remove(seat: Seat): void {
    const at = this.seats.indexOf(seat);
    if (at !== -1) this.seats.splice(at, 1);
    this.#letGo();
  }

  #end(seat: Seat): void {
    this.remove(seat);
    seat.caller.end(handedOut(this.#trailers!));
  }

  #letGo(): void {
    const recorder = this.#recorder;
    if (recorder === undefined || this.hasLaggards) return;
    if (this.#isOver || recorder.isTooLarge) recorder.release();
  }
}
