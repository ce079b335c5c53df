import { integer, knownKeys, oneOf } from "../../options.ts";
import type { MetricSample, MetricSource } from "../metric.ts";
import { probed } from "../probed-sample.ts";
import { chunkedPoints } from "./chunked-points.ts";
import { FlatSeries } from "./flat-series.ts";
import type { PushChunk } from "./push-buffer.ts";
import { PushLoop } from "./push-loop.ts";
import { type PushOptions, pushOptionNames } from "./push-options.ts";
import { checkedTarget, type SinkStats, sinkSamples } from "./push-sink.ts";
import { samplesInSteps } from "./samples-in-steps.ts";
import { labelPath } from "./series-path.ts";
import { type StatsdLabels, statsdLines } from "./statsd-format.ts";
import { TcpWire } from "./tcp-wire.ts";
import { UdpWire } from "./udp-wire.ts";

export interface StatsdSinkOptions extends PushOptions {
  /** @default 8125 */
  readonly port?: number | undefined;
  /** @default "udp" */
  readonly transport?: "udp" | "tcp" | undefined;
  /** `dogstatsd` writes them as tags, for Datadog's agent and those that read its form. @default "path" */
  readonly labels?: StatsdLabels | undefined;
  /**
   * Bytes of a datagram at most, 64 to 65,507. Those that don't fit a network's packets are lost more easily.
   * @default 1_432
   */
  readonly maxDatagramBytes?: number | undefined;
}

/** Of a piece over TCP, where there are no datagrams. */
const tcpChunkBytes = 16_384;

/**
 * Pushes all series of a registry to StatsD, over UDP or TCP.
 * Counters are sent as what they have risen by since the push before (the first time: since the process began), gauges as
 * they are. Histograms are not replayed as timings, since their single values are gone: `count` and `sum` go as counters,
 * `p50`, `p95` and `p99` of the interval as gauges, in the histogram's own unit.
 *
 * StatsD knows no time of its own, so while a server is down nothing is encoded, and counters send all they have
 * risen by when it is back. What was under way when a push failed is not sent again, since it may have arrived, and is
 * counted as dropped. UDP confirms nothing: loss on the way is not seen, a closed port only sometimes.
 */
export class StatsdSink implements MetricSource, AsyncDisposable {
  /** `statsd+udp://host:port` */
  readonly name: string;
  readonly #loop: PushLoop;
  #refused = 0;

  /** @throws {TypeError | RangeError} on an option that is missing, unknown, or out of its bounds */
  constructor(options: StatsdSinkOptions) {
    knownKeys("StatsdSink", options, [...pushOptionNames, "port", "transport", "labels", "maxDatagramBytes"]);
    const transport = oneOf("transport", options.transport ?? "udp", ["udp", "tcp"] as const);
    const labels = oneOf("labels", options.labels ?? "path", ["path", "dogstatsd"] as const);
    const port = integer("port", options.port ?? 8125, 1, 65_535);
    const datagramBytes = integer("maxDatagramBytes", options.maxDatagramBytes ?? 1_432, 64, 65_507);
    const { registry, host, prefix } = checkedTarget(options);
    const chunkBytes = transport === "udp" ? datagramBytes : tcpChunkBytes;
    this.name = `statsd+${transport}://${host}:${port}`;
    const series = new FlatSeries();
    const encoded = function* (this: StatsdSink): Iterable<Uint8Array> {
      for (const point of series.points(samplesInSteps(registry, probed), keyOf)) {
        const lines = statsdLines(point, prefix, labels);
        if (lines === undefined) continue;
        const bytes = Buffer.from(`${lines}\n`, "latin1");
        if (bytes.length <= chunkBytes) yield bytes;
        else this.#refused++;
      }
    };
    this.#loop = new PushLoop(
      {
        name: this.name,
        wire: transport === "udp" ? new UdpWire(host, port, options.clock) : new TcpWire(host, port),
        resendable: false,
        encode: (): AsyncIterable<PushChunk> => chunkedPoints(encoded.call(this), chunkBytes, Buffer.concat),
      },
      options,
    );
  }

  /** Pushes now; never rejects for the server's sake. @throws {ClosedError} after `close` */
  flush(): Promise<void> {
    return this.#loop.flush();
  }

  stats(): SinkStats {
    return { ...this.#loop.stats(), refusedPoints: this.#refused };
  }

  collect(): Iterable<MetricSample> {
    return sinkSamples(this.name, this.stats());
  }

  /** One last push, as far as `closeTimeoutMs` allows; then the sink is quiet. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const keyOf = ({ name, labels }: MetricSample): string => name + labelPath(labels);
