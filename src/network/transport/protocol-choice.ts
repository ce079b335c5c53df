/** Which protocols are taken. */
export type ProtocolMode = "auto" | "http1" | "http2";

/** What a connection speaks. */
export type Protocol = "h1" | "h2";

/** A round trip of at most so many milliseconds is a fast link: to open a connection costs its CPU, and hardly any waiting. */
const fastLinkMs = 2;
/** As many requests under way on average, or fewer, and they come one after the other. */
const serial = 1.5;
/** Above this average, streams that share TLS records and system calls win back what framing costs. */
const concurrent = 3;
/** As many at once are a burst, and need no average. */
const burst = 8;
/** Samples before anything is concluded. */
const enough = 32;
/** Share of the newest sample in the average. */
const weight = 1 / 16;

/**
 * Chooses between HTTP/1.1 and HTTP/2 for one origin, by what was measured of it: whether the server offers HTTP/2, the
 * round trip, and how many requests are under way at once.
 *
 * A request on HTTP/2 costs more CPU than one on HTTP/1.1 while requests come one after the other, and less when there are
 * many at once (`bench/network/protocol-choice.ts`). HTTP/2 is the choice until the contrary is measured: a fast link and an
 * average of at most 1.5 requests under way over at least 32 samples. It is the choice again with an average above 3, or
 * at once with 8 under way.
 */
export class ProtocolChoice {
  readonly #mode: ProtocolMode;
  #offered: Protocol | undefined;
  #preferred: Protocol | undefined;
  #isH1Refused = false;
  #rttMs: number | undefined;
  #average: number | undefined;
  #samples = 0;

  /** @param isSecure whether there is TLS, without which HTTP/2 can't be agreed on */
  constructor(mode: ProtocolMode, isSecure: boolean) {
    this.#mode = mode;
    if (!isSecure || mode === "http1") this.#offered = this.#preferred = "h1";
  }

  /** What connections are to speak; `undefined` until a first one tells. */
  get preferred(): Protocol | undefined {
    return this.#preferred;
  }

  /** HTTP/1.1 although HTTP/2 is offered, because it costs less. */
  get isByMeasure(): boolean {
    return this.#preferred === "h1" && this.#offered === "h2";
  }

  /** The shortest round trip seen, milliseconds. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** A connection came about. @param isAsked whether HTTP/2 was offered to the server */
  connected(protocol: Protocol, isAsked: boolean, rttMs: number | undefined): void {
    if (rttMs !== undefined) this.#rttMs = Math.min(rttMs, this.#rttMs ?? rttMs);
    if (!isAsked || this.#mode === "http1" || protocol === this.#offered) return;
    this.#offered = this.#preferred = protocol;
    this.#samples = 0;
  }

  /** A connection for HTTP/1.1 failed: most likely the server speaks HTTP/2 only. It isn't tried again. */
  refusedH1(): void {
    this.#isH1Refused = true;
    this.#offered = this.#preferred = "h2";
  }

  /** @param inFlight requests under way or waiting, this one included, ≥ 1 */
  sample(inFlight: number): void {
    this.#samples++;
    this.#average =
      this.#average === undefined ? inFlight : this.#average + weight * (inFlight - this.#average);
    if (this.#mode !== "auto" || this.#offered !== "h2") return;
    if (inFlight >= burst || this.#average > concurrent) this.#prefer("h2");
    else if (this.#samples >= enough && this.#average <= serial && this.#isFast && !this.#isH1Refused)
      this.#prefer("h1");
  }

  /** Why it is what it is, for people. */
  get reason(): string {
    if (this.#mode === "http1") return "HTTP/1.1 was asked for";
    if (this.#preferred === undefined) return "no connection yet";
    if (this.#offered === "h1") return "HTTP/2 isn't offered";
    if (this.#isH1Refused) return "a connection for HTTP/1.1 failed";
    if (this.#mode === "http2") return "HTTP/2 was asked for";
    const measured = `${this.#average?.toFixed(1) ?? "?"} requests at once, round trip ${this.#rttMs?.toFixed(1) ?? "?"} ms`;
    return this.#preferred === "h1"
      ? `one request after the other on a fast link: less CPU (${measured})`
      : `offered (${measured})`;
  }

  get #isFast(): boolean {
    return this.#rttMs !== undefined && this.#rttMs <= fastLinkMs;
  }

  #prefer(protocol: Protocol): void {
    if (this.#preferred === protocol) return;
    this.#preferred = protocol;
    this.#samples = 0;
  }
}
