import { PermitReleasedError } from "../errors.ts";

/** How what the permit was for has ended. */
export interface ReleaseOptions {
  /** Whether it was lost to overload: timed out, or refused by the service. @default false */
  readonly dropped?: boolean;
}

/** Takes a permit back. @internal */
export type TakeBack<Place> = (
  place: Place,
  weight: number,
  startedMs: number | undefined,
  dropped: boolean,
) => void;

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
  /** Releases it, unless that has been done. */
  [Symbol.dispose](): void;
}

/** A permit and where it belongs. @internal */
export class HeldPermit<Place> implements Permit {
  readonly weight: number;
  readonly #takeBack: TakeBack<Place>;
  readonly #startedMs: number | undefined;
  /** Gone once it is released. */
  #place: Place | undefined;

  /** @param startedMs handed back at the release */
  constructor(takeBack: TakeBack<Place>, place: Place, weight: number, startedMs: number | undefined) {
    this.#takeBack = takeBack;
    this.#place = place;
    this.weight = weight;
    this.#startedMs = startedMs;
  }

  get isReleased(): boolean {
    return this.#place === undefined;
  }

  release(options?: ReleaseOptions): void {
    const place = this.#place;
    if (place === undefined) throw new PermitReleasedError();
    this.#place = undefined;
    this.#takeBack(place, this.weight, this.#startedMs, options?.dropped === true);
  }

  [Symbol.dispose](): void {
    if (this.#place !== undefined) this.release();
  }
}
