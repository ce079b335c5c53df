import type { Protocol } from "./protocol-choice.ts";

/** What is known of an origin when requests wait for it. */
export interface DialState {
  /** Requests that no open connection takes now, ≥ 1. */
  readonly waiting: number;
  /** Connections that are being opened. */
  readonly dialing: number;
  readonly open: number;
  /** Requests under way on open connections. */
  readonly inFlight: number;
  /** What the next connection is to speak; `undefined` while unknown. */
  readonly protocol: Protocol | undefined;
  /** Further attempts that are allowed because the first ones hang. */
  readonly hedges: number;
  readonly pace: Pace;
}

/** How fast HTTP/1.1 connections may be opened, and what it would be good for. */
export interface Pace {
  /** Connections that may be opened at once. */
  readonly window: number;
  /** Time of a response, milliseconds; `undefined` while unknown. */
  readonly serviceMs: number | undefined;
  /** Mean time to open a connection, milliseconds; `undefined` while unknown. */
  readonly dialMs: number | undefined;
}

export interface DialLimits {
  readonly connections: number;
  readonly sessions: number;
}

const firstWindow = 4;
const widestWindow = 32;

/** Learns the pace from what happened. */
export class DialPace implements Pace {
  window = firstWindow;
  serviceMs: number | undefined;
  dialMs: number | undefined;

  opened(tookMs: number): void {
    this.window = Math.min(widestWindow, this.window + 1);
    this.dialMs = this.dialMs === undefined ? tookMs : this.dialMs + (tookMs - this.dialMs) / 8;
  }

  failed(): void {
    this.window = Math.max(1, this.window >> 1);
  }

  /** Follows at once what falls, and slowly what rises: a response that came late while others were being connected proves little. */
  served(tookMs: number): void {
    const before = this.serviceMs;
    this.serviceMs = before === undefined || tookMs <= before ? tookMs : before + (tookMs - before) / 32;
  }
}

/**
 * How many further connections to open now.
 *
 * - While the protocol is unknown, one tells it: for HTTP/2 it will do for all. Others only while it hangs.
 * - With HTTP/2, one at a time, and only when all streams are taken.
 * - With HTTP/1.1, as many as wait, within a window that grows by one with each that opens (as TCP's slow start does),
 *   and no more than pay: the requests that wait must need longer on the connections that there are, `waiting × serviceMs /
 *   connections`, than another takes to open.
 * @returns integer ≥ 0
 */
export function furtherDials(state: DialState, { connections, sessions }: DialLimits): number {
  const { waiting, dialing, open, inFlight, protocol, hedges } = state;
  const { window, serviceMs, dialMs } = state.pace;
  if (protocol !== "h1") {
    const most = protocol === "h2" && inFlight >= connections ? Math.min(sessions, connections) : connections;
    return dialing < 1 + hedges && open + dialing < most ? 1 : 0;
  }
  const room = connections - open - dialing;
  const worth =
    serviceMs === undefined || dialMs === undefined || dialMs === 0
      ? waiting
      : Math.ceil((waiting * serviceMs) / dialMs) - open - dialing;
  const wanted = Math.min(waiting - dialing, Math.max(window, 1 + hedges) - dialing, room, worth);
  // The very first must be opened, whatever the estimates say.
  return Math.max(wanted, open + dialing === 0 ? 1 : 0);
}
