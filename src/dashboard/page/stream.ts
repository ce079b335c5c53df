import type { Hello, Panels, RowChanges, Tick } from "../wire.ts";

export interface StreamListener {
  hello(hello: Hello): void;
  rows(changes: RowChanges): void;
  tick(tick: Tick): void;
  panels(panels: Panels): void;
  /** @param isConnected whether samples come in */
  state(isConnected: boolean): void;
}

/** Waits between attempts to connect, ms: the first ones, then the last one again and again. */
const pausesMs = [500, 1_000, 2_000, 5_000];
/** So many samples may stay out before the connection is taken for dead. */
const missedSamples = 6;

/**
 * The page's one stream of events. The browser's own attempts to reconnect end at the first answer that is no stream,
 * such as that of a proxy before a server that is being restarted; these don't.
 */
export class Stream {
  readonly #listener: StreamListener;
  #source: EventSource | undefined;
  #attempts = 0;
  #intervalMs = 1_000;
  #watchdog = 0;

  constructor(listener: StreamListener) {
    this.#listener = listener;
    this.#connect();
  }

  #connect(): void {
    const source = new EventSource("/events");
    this.#source = source;
    this.#expect(10_000);
    const on = <T>(event: string, take: (data: T) => void): void =>
      source.addEventListener(event, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as T));
    on<Hello>("hello", (hello) => {
      this.#intervalMs = hello.intervalMs;
      this.#listener.hello(hello);
    });
    on<RowChanges>("rows", (changes) => this.#listener.rows(changes));
    on<Panels>("panels", (panels) => this.#listener.panels(panels));
    on<Tick>("tick", (tick) => {
      this.#attempts = 0;
      this.#expect(Math.max(5_000, missedSamples * this.#intervalMs));
      this.#listener.tick(tick);
      this.#listener.state(true);
    });
    source.addEventListener("error", () => this.#retry());
  }

  /** Takes the connection for dead unless something comes in time. */
  #expect(ms: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#retry(), ms);
  }

  #retry(): void {
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#listener.state(false);
    const pause = pausesMs[Math.min(this.#attempts++, pausesMs.length - 1)]!;
    this.#watchdog = setTimeout(() => void this.#whenLetIn(), pause * (0.75 + Math.random() / 2));
  }

  /** An event stream doesn't say why it failed; after the login has run out, only a new one helps. */
  async #whenLetIn(): Promise<void> {
    try {
      const { status } = await fetch("/events", { method: "HEAD" });
      if (status === 401) location.reload();
      else if (status === 200) this.#connect();
      else this.#retry();
    } catch {
      this.#retry();
    }
  }
}
