import { abortSignal, callable } from "../options.ts";
import { isThenable } from "./thenable.ts";

/** What a load gives: a value at once, or a promise of it, of any kind. */
export type Loaded<V> = V | PromiseLike<V>;

export interface FlightOptions {
  /**
   * Detaches this caller alone, which gets the signal's reason. The load itself is only told to stop (by the signal
   * given to it) once every one of its callers has left this way.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Kept with the flight that this call starts, and asked whenever another caller wants to join it. Once it says
   * false, the flight is superseded: it still answers the callers that it has, and a new one takes its place.
   * @default always joinable
   */
  readonly joinable?: (() => boolean) | undefined;
}

/** Concurrent loads of one key are one load. */
export interface SingleFlight<K, V> {
  /**
   * Joins the load of `key` that is under way, or starts one with `load`. A failure reaches all callers of that load
   * and isn't kept. A load that answers without a promise is over at once, so nobody can join it.
   * @param load gets a signal only if this caller brought one; it aborts when no caller waits any longer
   */
  run(key: K, load: (signal?: AbortSignal) => Loaded<V>, options?: FlightOptions): Promise<V>;
  /** Supersedes the load of `key` that is under way: later callers don't join it. @returns whether there was one */
  supersede(key: K): boolean;
  /** Keys with a load under way that can be joined. */
  readonly size: number;
}

interface Flight<V> {
  readonly promise: Promise<V>;
  readonly joinable: (() => boolean) | undefined;
  /** Aborts the load; absent where the first caller can't leave. */
  readonly controller: AbortController | undefined;
  callers: number;
}

/** @see https://pkg.go.dev/golang.org/x/sync/singleflight */
export function singleFlight<K, V>(): SingleFlight<K, V> {
  const flights = new Map<K, Flight<V>>();

  const end = (key: K, flight: Flight<V>): void => {
    if (flights.get(key) === flight) flights.delete(key);
  };

  const start = (
    key: K,
    load: (signal?: AbortSignal) => Loaded<V>,
    { signal, joinable }: FlightOptions,
  ): Flight<V> => {
    const controller = signal && new AbortController();
    const answer = load(controller?.signal);
    // Asked first: a `then` that throws would leave a rejected promise behind that nobody handles.
    const isPending = isThenable(answer);
    const promise = Promise.resolve(answer);
    if (!isPending) return { promise, joinable, controller: undefined, callers: 0 };
    const flight: Flight<V> = { promise, joinable, controller, callers: 0 };
    flights.set(key, flight);
    const over = () => end(key, flight);
    promise.then(over, over);
    return flight;
  };

  /** The flight's answer for one caller, who may leave before it comes. */
  const attach = (key: K, flight: Flight<V>, signal: AbortSignal | undefined): Promise<V> => {
    flight.callers++;
    if (signal === undefined) return flight.promise;
    return new Promise<V>((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--flight.callers > 0 || flight.controller === undefined) return;
        end(key, flight);
        flight.controller.abort(signal.reason);
      };
      // It may have aborted while the load began, and won't say so again.
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
      const stay = () => signal.removeEventListener("abort", leave);
      flight.promise.then(
        (value) => {
          stay();
          resolve(value);
        },
        (error) => {
          stay();
          reject(error);
        },
      );
    });
  };

  return {
    run(key, load, options = {}) {
      try {
        callable("load", load);
        abortSignal(options.signal);
        options.signal?.throwIfAborted();
        const running = flights.get(key);
        const joined = running !== undefined && (running.joinable === undefined || running.joinable());
        return attach(key, joined ? running : start(key, load, options), options.signal);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    supersede: (key) => flights.delete(key),
    get size() {
      return flights.size;
    },
  };
}
