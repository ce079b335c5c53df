import type { Dispatcher } from "undici";
import type { Dispatch } from "../policy.ts";
import { answerFrom } from "./answer.ts";
import { BodyRecorder } from "./body-recorder.ts";
import type { CacheRequest } from "./cache-request.ts";
import type { Caller, ResponseSource } from "./caller.ts";
import { isAmbiguous, isClientsOwn } from "./conditional-request.ts";
import type { Errand } from "./errand.ts";
import type { FlightPlan } from "./flight-plan.ts";
import { isNews, recordOf, store } from "./flight-record.ts";
import { FlightSeats, type Seat } from "./flight-seats.ts";
import { concerns } from "./freshening.ts";
import type { ExchangeTimes } from "./freshness.ts";
import {
  type HeaderFields,
  handedOut,
  type IncomingFields,
  lowerCased,
  singleValue,
} from "./header-fields.ts";
import { Replay } from "./replay.ts";
import type { Supersedable } from "./response-shelf.ts";
import { errorStatuses, mayServeOnError } from "./reuse.ts";
import { isSharable } from "./sharing.ts";
import type { ResponseRecord, StoredResponse } from "./stored-response.ts";
import { isOfNoUse } from "./storing-rules.ts";
import { invalidatedKeys } from "./unsafe-methods.ts";

/** Bytes of a response that nobody wants that are read before the connection is given up for it. */
const maxDiscardedBytes = 65_536;

/** One request to the origin, for one caller, for several, or for none (in the background). */
export class Flight implements Dispatcher.DispatchHandler, ResponseSource, Supersedable {
  isSuperseded = false;
  readonly #plan: FlightPlan;
  readonly #requestTime: number;
  #seats: FlightSeats;
  #recorder: BodyRecorder | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #abortReason: Error | undefined;
  /** What is to be stored, when it is whole. */
  #record: ResponseRecord | undefined;
  /** The same, for judging while the body is still on its way. */
  #draft: StoredResponse | undefined;
  #response:
    | { readonly status: number; readonly statusText: string; readonly fields: HeaderFields }
    | undefined;
  #isDiscarding = false;
  #discardedBytes = 0;
  #receivedBytes = 0;
  #isOver = false;
  #hasFailed = false;
  #isSettled = false;
  /** Whether its response needn't be stored: nobody will ever have it again. */
  #isOfNoUse = false;
  /** The only caller, of a response that will never be reused: it is handed on as it comes. */
  #passing: Caller | undefined = undefined;

  /** @param leader `undefined` in the background */
  constructor(plan: FlightPlan, leader: Caller | undefined) {
    this.#plan = plan;
    this.#requestTime = plan.host.shelf.options.now();
    this.#seats = new FlightSeats([], undefined);
    if (leader !== undefined) this.#seat(leader, plan.errand, true);
    plan.host.shelf.enter(plan.errand.key, this);
  }

  get request(): CacheRequest {
    return this.#plan.errand.request;
  }

  send(dispatch: Dispatch, options: Dispatcher.DispatchOptions): boolean {
    try {
      return dispatch(options, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
      return true;
    }
  }

  /** @returns whether the caller gets its response from this flight */
  join(caller: Caller, errand: Errand): boolean {
    if (
      !this.#plan.isJoinable ||
      this.isSuperseded ||
      this.#plan.ticket?.isOutdated ||
      this.#isOver ||
      this.#isDiscarding ||
      this.#abortReason !== undefined
    )
      return false;
    const response = this.#response;
    if (response === undefined) {
      this.#seat(caller, errand, false);
      caller.start(null);
      return true;
    }
    if (!this.#seats.isWhole || !this.#isFor(errand.request)) return false;
    const seat = this.#seat(caller, errand, false);
    caller.start(null);
    caller.respond(response.status, handedOut(response.fields), response.statusText);
    this.#seats.flush(seat);
    this.#balance();
    return true;
  }

  pause(): void {
    this.#balance();
  }

  resume(caller: Caller): void {
    const seat = this.#seats.of(caller);
    if (seat !== undefined) this.#seats.flush(seat);
    this.#balance();
  }

  abort(caller: Caller, reason: Error): void {
    const seat = this.#seats.of(caller);
    if (seat === undefined) return;
    this.#seats.remove(seat);
    if (this.#seats.seats.length > 0) this.#balance();
    else this.cancel(reason);
  }

  /** Nobody waits for it any longer. */
  cancel(reason: Error): void {
    if (this.#isOver) return;
    this.#abortReason = reason;
    this.#finish(true);
    this.#controller?.abort(reason);
    this.#plan.abandoned?.(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#controller = controller;
    if (this.#abortReason !== undefined) {
      controller.abort(this.#abortReason);
      return;
    }
    const { seats } = this.#seats;
    if (seats.length === 1) seats[0]!.caller.start(context);
    else for (const { caller } of [...seats]) caller.start(context);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingFields,
    statusText = "",
  ): void {
    if (this.#isOver) return;
    if (status < 200) {
      this.#seats.leader?.caller.respond(status, headers, statusText, controller.rawHeaders);
      return;
    }
    const { seats } = this.#seats;
    this.#isOfNoUse = this.#plan.isNew && isOfNoUse(headers, this.#plan.host.shelf.options);
    if (this.#isOfNoUse) this.#plan.host.shelf.fleet?.judge(this.#plan.ticket, undefined, this.request);
    if (this.#isOfNoUse && seats.length === 1) {
      // Who comes later asks for himself, for what goes by isn't kept.
      this.#plan.host.shelf.leave(this.#plan.errand.key, this);
      this.#passing = seats[0]!.caller;
      this.#passing.respond(status, headers, statusText, controller.rawHeaders);
      this.#balance();
      return;
    }
    const received = lowerCased(headers);
    const times = { requestTime: this.#requestTime, responseTime: this.#plan.host.shelf.options.now() };
    if (this.#plan.isUnsafe) this.#noteUnsafe(status, received);
    else if (this.#standsIn(status, received, times)) return;
    this.#deliver(controller, status, headers, statusText, received, times);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#passing !== undefined) {
      this.#passing.data(chunk);
      return;
    }
    if (this.#isDiscarding) {
      this.#discardedBytes += chunk.byteLength;
      if (this.#discardedBytes > maxDiscardedBytes) controller.abort(new Error("the response is not needed"));
      return;
    }
    if (this.#isOver) return;
    this.#receivedBytes += chunk.byteLength;
    this.#seats.add(chunk);
    this.#isDiscarding = this.#seats.seats.length === 0 && !this.#seats.isWhole;
    this.#balance();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingFields): void {
    if (this.#isOver) return;
    if (this.#passing !== undefined) {
      this.#isOver = true;
      this.#settle(false);
      this.#passing.end(trailers);
      return;
    }
    const ending = lowerCased(trailers);
    if (!this.#isDiscarding && this.#record !== undefined && !this.#isOfNoUse) {
      const { isSuperseded } = this;
      store(this.#plan, this.#record, this.#recorder!, this.#receivedBytes, ending, isSuperseded);
    }
    const seats = this.#seats;
    this.#finish(this.#hasFailed);
    seats.end(ending);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#isOver) return;
    const { stored, errand, isUnsafe } = this.#plan;
    const { shelf } = this.#plan.host;
    const seats = [...this.#seats.seats];
    const hadResponse = this.#response !== undefined || this.#passing !== undefined;
    // Nobody knows whether the origin has done what it was asked for.
    if (isUnsafe && !hadResponse) shelf.invalidate(errand.key);
    this.#finish(!this.#isDiscarding);
    this.#recorder?.release();
    for (const { caller, errand: own, isLeader } of seats) {
      if (hadResponse) caller.fail(error);
      else if (
        stored?.isFor(own.request) === true &&
        mayServeOnError(stored, own.request, shelf.options.now(), shelf.options)
      ) {
        shelf.counts.servedOnError++;
        this.#serve(caller, own, stored);
      } else if (isLeader) caller.fail(error);
      // What failed may be the leader's own: its deadline, or its signal.
      else this.#plan.host.again(caller, own, undefined);
    }
  }

  onBodySent(chunk: Buffer): void {
    this.#seats.leader?.caller.onBodySent(chunk);
  }

  onRequestSent(): void {
    this.#seats.leader?.caller.onRequestSent();
  }

  onResponseStarted(): void {
    this.#seats.leader?.caller.onResponseStarted();
  }

  #seat(caller: Caller, errand: Errand, isLeader: boolean): Seat {
    const seat: Seat = { caller, errand, isLeader, cursor: 0 };
    caller.source = this;
    this.#seats.seats.push(seat);
    return seat;
  }

  /** Answers from the stored response where it is confirmed, or may stand in for an error. */
  #standsIn(status: number, received: HeaderFields, times: ExchangeTimes): boolean {
    const { stored, isValidating } = this.#plan;
    const { shelf } = this.#plan.host;
    const { key, request } = this.#plan.errand;
    if (stored === undefined) return false;
    if (status === 304 && isValidating) {
      if (isAmbiguous(stored, request, received)) {
        this.#handOver(undefined, false);
        return true;
      }
      if (concerns(stored, received)) {
        shelf.counts.validated++;
        const { isSuperseded } = this;
        const { ticket } = this.#plan;
        this.#handOver(shelf.freshen(key, stored, request, received, times, isSuperseded, ticket), false);
        return true;
      }
      if (isClientsOwn(request, singleValue(received, "etag"))) return false;
      shelf.drop(key, stored);
      this.#handOver(undefined, false);
      return true;
    }
    if (!errorStatuses.has(status) || !mayServeOnError(stored, request, times.responseTime, shelf.options))
      return false;
    shelf.counts.servedOnError++;
    this.#handOver(stored, true);
    return true;
  }

  /** @param stored what answers; `undefined` when nothing does, so that the origin is asked anew */
  #handOver(stored: StoredResponse | undefined, isError: boolean): void {
    const seats = this.#seats.seats.splice(0);
    this.#isDiscarding = true;
    this.#plan.host.shelf.leave(this.#plan.errand.key, this);
    if (isError) this.#settle(true);
    for (const { caller, errand, isLeader } of seats) {
      const { request } = errand;
      const suits =
        stored?.isFor(request) === true &&
        (isLeader ||
          isError ||
          isSharable(stored, request, this.request, this.#plan.host.shelf.options.now()));
      if (suits) this.#serve(caller, errand, stored);
      else this.#plan.host.again(caller, errand, isLeader ? this.#plan.stored : undefined);
    }
  }

  #serve(caller: Caller, errand: Errand, stored: StoredResponse): void {
    const answer = answerFrom(stored, errand.request, this.#plan.host.shelf.options.now());
    if (answer === undefined) this.#plan.host.again(caller, errand, stored);
    else {
      caller.noteStored();
      new Replay(caller, answer);
    }
  }

  #noteUnsafe(status: number, received: HeaderFields): void {
    const { errand } = this.#plan;
    const { shelf } = this.#plan.host;
    if (status >= 400) return;
    const { isSuperseded } = this;
    for (const invalidated of invalidatedKeys(errand.key, received)) shelf.invalidate(invalidated);
    // What it invalidates itself is older than its own response.
    this.isSuperseded = isSuperseded;
  }

  #deliver(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingFields,
    statusText: string,
    received: HeaderFields,
    times: ExchangeTimes,
  ): void {
    const { isUnsafe, stored } = this.#plan;
    const { shelf } = this.#plan.host;
    const { key, request } = this.#plan.errand;
    this.#record = recordOf(this.#plan, status, statusText, received, times);
    shelf.fleet?.judge(this.#plan.ticket, this.#record, request);
    if (!isUnsafe && isNews(status)) this.#replaceStored(status, received, times);
    // Without a tag nobody knows what it is that the client has.
    if (
      status === 304 &&
      stored?.etag !== undefined &&
      received.etag !== undefined &&
      concerns(stored, received)
    )
      shelf.freshen(key, stored, request, received, times, this.isSuperseded);
    this.#response = { status, statusText, fields: received };
    const seats = this.#seats.seats;
    const staying = seats.filter((seat) => seat.isLeader || this.#isFor(seat.errand.request));
    if (this.#record !== undefined || staying.length > 1)
      this.#recorder = new BodyRecorder(shelf.options.maxEntryBytes, shelf.budget);
    this.#seats = new FlightSeats(staying, this.#recorder);
    const leaving = seats.filter((seat) => !staying.includes(seat));
    if (seats.length > 1) this.#plan.host.noteSharable(key, leaving.length === 0);
    for (const { caller, errand: own } of leaving) this.#plan.host.again(caller, own, undefined);
    for (const { caller, isLeader } of [...staying]) {
      caller.respond(status, isLeader ? headers : handedOut(received), statusText, controller.rawHeaders);
    }
    this.#hasFailed = status >= 500;
    this.#isDiscarding ||= staying.length === 0 && this.#record === undefined;
    this.#balance();
  }

  /** A newer response makes what is stored old, even where it isn't stored itself. */
  #replaceStored(status: number, received: HeaderFields, times: ExchangeTimes): void {
    const { stored } = this.#plan;
    const { shelf } = this.#plan.host;
    const { key, request } = this.#plan.errand;
    if (this.isSuperseded) return;
    if (request.method === "HEAD") {
      if (status === 200) shelf.freshenByHead(key, request, received, times);
    } else if (stored !== undefined && this.#record === undefined) shelf.drop(key, stored);
  }

  #isFor(request: CacheRequest): boolean {
    const { shelf } = this.#plan.host;
    if (this.#record === undefined) return false;
    this.#draft ??= shelf.made(this.#record);
    return isSharable(this.#draft, request, this.request, shelf.options.now());
  }

  /** Lets the origin go on, or wait. */
  #balance(): void {
    const controller = this.#controller;
    if (controller === undefined || this.#isOver || this.#isDiscarding) return;
    if (this.#response === undefined && this.#passing === undefined) return;
    const wantsPause = this.#passing?.paused ?? this.#seats.wantsPause;
    if (wantsPause === controller.paused) return;
    if (wantsPause) controller.pause();
    else controller.resume();
  }

  #finish(hasFailed: boolean): void {
    this.#isOver = true;
    this.#plan.host.shelf.leave(this.#plan.errand.key, this);
    if (this.#seats.seats.length === 0) this.#recorder?.release();
    this.#settle(hasFailed);
  }

  #settle(hasFailed: boolean): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#plan.ticket?.release();
    this.#plan.over?.(hasFailed);
  }
}
