import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";

/** What a StatsD server makes of the lines that come. */
export interface StatsdReceiver extends AsyncDisposable {
  readonly port: number;
  /** Sums of counters, by name and tags. */
  readonly counters: ReadonlyMap<string, number>;
  /** Levels of gauges, by name and tags. */
  readonly gauges: ReadonlyMap<string, number>;
  /** Lines that are none of StatsD's. */
  readonly wrong: readonly string[];
  /** Bytes of each datagram. */
  readonly datagrams: readonly number[];
}

const line =
  /^(?<name>[A-Za-z0-9_.%-]+):(?<value>[+-]?\d+(?:\.\d+)?)\|(?<type>c|g)(?:\|#(?<tags>[A-Za-z0-9_.%/-]+:[A-Za-z0-9_.%/-]+(?:,[A-Za-z0-9_.%/-]+:[A-Za-z0-9_.%/-]+)*))?$/;

/** Reads StatsD's lines strictly: what doesn't fit the grammar is kept apart. */
export class StatsdLines {
  readonly counters = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  readonly wrong: string[] = [];
  readonly #signedIsChange: boolean;

  /** @param signedIsChange a gauge with a sign is a change, as for StatsD; otherwise a level, as for Datadog */
  constructor(signedIsChange: boolean) {
    this.#signedIsChange = signedIsChange;
  }

  read(text: string): void {
    for (const one of text.replace(/\n$/, "").split("\n")) {
      const { name, value, type, tags } = line.exec(one)?.groups ?? {};
      if (name === undefined || value === undefined) {
        this.wrong.push(one);
        continue;
      }
      const key = tags ? `${name}#${tags}` : name;
      if (type === "c") this.counters.set(key, (this.counters.get(key) ?? 0) + Number(value));
      else if (this.#signedIsChange && /^[+-]/.test(value))
        this.gauges.set(key, (this.gauges.get(key) ?? 0) + Number(value));
      else this.gauges.set(key, Number(value));
    }
  }
}

/** A UDP socket, on a free port unless told otherwise, that reads as a StatsD server does. */
export async function startStatsdReceiver(signedIsChange = true, port = 0): Promise<StatsdReceiver> {
  const socket = createSocket("udp4");
  const lines = new StatsdLines(signedIsChange);
  const datagrams: number[] = [];
  socket.on("message", (message) => {
    datagrams.push(message.length);
    lines.read(message.toString());
  });
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  return {
    port: (socket.address() as AddressInfo).port,
    counters: lines.counters,
    gauges: lines.gauges,
    wrong: lines.wrong,
    datagrams,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
