import { PermitReleasedError } from "../errors.ts";

/** How what the permit was for has ended. */
export interface ReleaseOptions {
  /** Whether it was lost to overload: timed out, or refused by the service. @default false */
  readonly dropped?: boolean;
  /**
   * Whether the time says nothing of the service: it wasn't asked, or the caller gave up before it answered. An adaptive
   * limit takes any other release for an answer, which came as fast as that. Without effect when it was `dropped`.
   * @default false
   */
  readonly ignored?: boolean;
}

/** Takes a permit back. @internal */
export type TakeBack<Place> = (permit: HeldPermit<Place>, place: Place, dropped: boolean) => void;

/** The right to run, until it is released: `using permit = await semaphore.acquire()`. */
export interface Permit extends Disposable {
  /** Of the limit, how much it takes. */
  readonly weight: number;
  readonly isReleased: boolean;
  /**
   * Gives it back, so that others can run.
   * @throws {PermitReleasedError} when it was released before; nothing is given back then
   */
  release(options?: ReleaseOptions): void;
  /** Releases it, as an answer, unless that has been done. */
  [Symbol.dispose](): void;
}

/** A permit and where it belongs. @internal */
export class HeldPermit<Place> implements Permit {
  readonly weight: number;
  /** Whether most of its time was over when it was given, so that it says little of the service if it is lost. */
  readonly isLate: boolean;
  #startedMs: number | undefined;
  readonly #takeBack: TakeBack<Place>;
  /** Gone once it is released. */
  #place: Place | undefined;

  constructor(
    takeBack: TakeBack<Place>,
    place: Place,
    weight: number,
    startedMs: number | undefined,
    isLate: boolean,
  ) {
    this.weight = weight;
    this.#startedMs = startedMs;
    this.isLate = isLate;
    this.#takeBack = takeBack;
    this.#place = place;
  }

  /** In milliseconds of the clock; `undefined` when its time isn't measured, or says nothing. */
  get startedMs(): number | undefined {
    return this.#startedMs;
  }

  get isReleased(): boolean {
    return this.#place === undefined;
  }

  release(options?: ReleaseOptions): void {
    // Before anything changes, since it may fail.
    const dropped = options?.dropped === true;
    const ignored = options?.ignored === true;
    const place = this.#place;
    if (place === undefined) throw new PermitReleasedError();
    this.#place = undefined;
    if (ignored && !dropped) this.#startedMs = undefined;
    this.#takeBack(this, place, dropped);
  }

  [Symbol.dispose](): void {
    if (this.#place !== undefined) this.release();
  }
}
