import type { Dispatcher } from "undici";

type Controller = Dispatcher.DispatchController;

/**
 * The controller that a caller keeps for a whole call, while those of its attempts come and go behind it. It works from the
 * beginning: what is paused or aborted before there is a connection is so afterwards.
 */
export abstract class CallController implements Controller {
  #attempt: Controller | undefined;
  #isPaused = false;
  #isAborted = false;
  #reason: Error | null = null;

  /** Ends the call with `reason`. */
  protected abstract end(reason: Error): void;

  get aborted(): boolean {
    return this.#isAborted;
  }
  get reason(): Error | null {
    return this.#reason;
  }
  get paused(): boolean {
    return this.#isPaused;
  }
  get rawHeaders(): NonNullable<Controller["rawHeaders"]> | null {
    return this.#attempt?.rawHeaders ?? null;
  }
  get rawTrailers(): NonNullable<Controller["rawTrailers"]> | null {
    return this.#attempt?.rawTrailers ?? null;
  }

  pause(): void {
    this.#isPaused = true;
    this.#attempt?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#attempt?.resume();
  }

  abort(reason?: Error | null): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason ?? new DOMException("The request was aborted", "AbortError");
    this.end(this.#reason);
  }

  /** From now on the call is this attempt. */
  protected attach(attempt: Controller): void {
    this.#attempt = attempt;
    if (this.#isPaused) attempt.pause();
  }
}
