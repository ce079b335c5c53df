import type { Caller } from "./caller.ts";
import type { Errand } from "./errand.ts";
import type { FleetTicket } from "./fleet/fleet-ticket.ts";
import type { Flight } from "./flight.ts";
import type { ResponseShelf } from "./response-shelf.ts";
import type { StoredResponse } from "./stored-response.ts";

/** What all flights of a cache ask of it. */
export interface FlightHost {
  readonly shelf: ResponseShelf<Flight>;
  /** Asks anew for a caller that a flight has no answer for, without joining another one. */
  again(caller: Caller, errand: Errand, ignored: StoredResponse | undefined): void;
  /** Called when it turns out whether other callers may have the response to what was asked for. */
  noteSharable(key: string, isSharable: boolean): void;
}

/** What a flight is for. */
export interface FlightPlan {
  readonly errand: Errand;
  readonly host: FlightHost;
  /** What is stored already for that request; it may be validated, or stand in for an error. */
  readonly stored: StoredResponse | undefined;
  /** Whether the request carries the stored response's validators. */
  readonly isValidating: boolean;
  readonly isUnsafe: boolean;
  /** Whether other callers may wait for its response. */
  readonly isJoinable: boolean;
  /** Whether its response may be stored. */
  readonly mayStore: boolean;
  /** Whether nothing at all is stored under its key, so that a response that isn't stored either changes nothing. */
  readonly isNew: boolean;
  /** With a shared server: under which its response may be kept. */
  readonly ticket?: FleetTicket | undefined;
  /** Called when nobody wants its response any longer. */
  readonly abandoned?: (reason: Error) => void;
  /** Called once, when it is over. */
  readonly over?: (hasFailed: boolean) => void;
}
