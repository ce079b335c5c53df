import { DeadlineError } from "../../errors.ts";
import { isAnswer } from "./answer.ts";
import { CacheRequest } from "./cache-request.ts";
import { ownOptions, plainFields } from "./checked-response.ts";
import { canValidate, conditionalHeaders } from "./conditional-request.ts";
import type { Errand } from "./errand.ts";
import type { FleetTicket } from "./fleet/fleet-ticket.ts";
import { Flight } from "./flight.ts";
import type { FlightHost } from "./flight-plan.ts";
import type { StoredResponse } from "./stored-response.ts";

/** Has stale responses validated that were served meanwhile. */
export class BackgroundValidations {
  readonly #host: FlightHost;
  readonly #secrets: ReadonlySet<string>;
  readonly #flights = new Set<Flight>();
  /** Keys of which the fleet is asked who is to validate them. */
  readonly #asking = new Set<string>();
  #isClosed = false;

  constructor(host: FlightHost, secrets: ReadonlySet<string>) {
    this.#host = host;
    this.#secrets = secrets;
  }

  close(): void {
    this.#isClosed = true;
    for (const flight of this.#flights) flight.cancel(new Error("the response cache is closed"));
  }

  /** Asks the origin on nobody's behalf, one node for the whole fleet. */
  start(errand: Errand, stored: StoredResponse): void {
    const { shelf } = this.#host;
    const { key } = errand;
    if (this.#isClosed || shelf.isBackingOff(key) || shelf.underWay(key) !== undefined) return;
    const fields = plainFields(errand.request);
    const own = new CacheRequest("GET", fields, this.#secrets);
    const { fleet } = shelf;
    if (fleet === undefined || !fleet.isUsable) {
      this.#validate(errand, stored, own, fields, fleet?.outageTicket());
      return;
    }
    if (this.#asking.has(key)) return;
    this.#asking.add(key);
    const held = shelf.find(key);
    const isEnough = (responses: readonly StoredResponse[]) =>
      isAnswer(responses, own, shelf.options.now(), true);
    void fleet
      .ask(key, own, held, { isEnough, mayWait: false })
      .then(({ responses, ticket }) => {
        const isOthers = stored.mark?.sharedKey !== undefined && ticket?.shared === undefined;
        if (isOthers || ticket === undefined || this.#isClosed || shelf.underWay(key) !== undefined) {
          ticket?.release();
          fleet.counts.yielded++;
          shelf.learn(key, held, responses);
        } else this.#validate(errand, stored, own, fields, ticket);
      })
      .finally(() => this.#asking.delete(key));
  }

  /** Fails in silence, but not unseen: it is counted, and waits before the next time. */
  #validate(
    { dispatch, options, key }: Errand,
    stored: StoredResponse,
    own: CacheRequest,
    fields: ReturnType<typeof plainFields>,
    ticket: FleetTicket | undefined,
  ): void {
    const { shelf } = this.#host;
    const { clock, revalidateTimeoutMs } = shelf.options;
    const isValidating = canValidate(stored, own);
    shelf.counts.backgroundValidations++;
    const timer = clock.setTimeout(
      () => flight.cancel(new DeadlineError("validation in the background", revalidateTimeoutMs)),
      revalidateTimeoutMs,
    );
    const headers = isValidating ? conditionalHeaders(stored, own) : (fields as Record<string, string>);
    const sent = ownOptions(options, headers, clock.now() + revalidateTimeoutMs, revalidateTimeoutMs);
    const flight = new Flight(
      {
        errand: { dispatch, options: sent, request: own, key },
        host: this.#host,
        stored,
        isValidating,
        isUnsafe: false,
        mayStore: true,
        isNew: false,
        isJoinable: shelf.options.coalesces,
        ticket,
        over: (hasFailed) => {
          clock.clearTimeout(timer);
          this.#flights.delete(flight);
          shelf.backgroundDone(key, hasFailed);
        },
      },
      undefined,
    );
    this.#flights.add(flight);
    flight.send(dispatch, sent);
  }
}
