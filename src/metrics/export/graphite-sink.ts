import { integer, knownKeys, oneOf } from "../../options.ts";
import type { MetricSample, MetricSource } from "../metric.ts";
import { probed } from "../probed-sample.ts";
import { chunkedPoints } from "./chunked-points.ts";
import { FlatSeries } from "./flat-series.ts";
import {
  type GraphiteLabels,
  graphiteLine,
  graphitePath,
  pickleMessage,
  picklePoint,
} from "./graphite-format.ts";
import type { PushChunk } from "./push-buffer.ts";
import { PushLoop } from "./push-loop.ts";
import { type PushOptions, pushOptionNames } from "./push-options.ts";
import { checkedTarget, type SinkStats, sinkSamples } from "./push-sink.ts";
import { samplesInSteps } from "./samples-in-steps.ts";
import { labelPath } from "./series-path.ts";
import { TcpWire } from "./tcp-wire.ts";

export interface GraphiteSinkOptions extends PushOptions {
  /** @default 2003, or 2004 for pickle */
  readonly port?: number | undefined;
  /** `pickle` costs carbon less. @default "plaintext" */
  readonly protocol?: "plaintext" | "pickle" | undefined;
  /** `tags` need Graphite 1.1 or later. @default "path" */
  readonly labels?: GraphiteLabels | undefined;
}

/** Far below what carbon takes at once (1 MiB of pickle), and large enough to be few. */
const chunkBytes = 16_384;

/**
 * Pushes all series of a registry to Graphite's carbon, over TCP.
 * Counters are sent as they are, ever rising (`perSecond()` makes rates of them); of histograms `count` and `sum` like
 * these, and `p50`, `p95` and `p99` of each interval in which anything was recorded. Points know their time: what waited
 * through an outage arrives later, at its own time.
 *
 * Carbon confirms nothing. What the system took before a connection broke may be lost without a count.
 */
export class GraphiteSink implements MetricSource, AsyncDisposable {
  /** `graphite://host:port` */
  readonly name: string;
  readonly #loop: PushLoop;
  #refused = 0;

  /** @throws {TypeError | RangeError} on an option that is missing, unknown, or out of its bounds */
  constructor(options: GraphiteSinkOptions) {
    knownKeys("GraphiteSink", options, [...pushOptionNames, "port", "protocol", "labels"]);
    const protocol = oneOf("protocol", options.protocol ?? "plaintext", ["plaintext", "pickle"] as const);
    const labels = oneOf("labels", options.labels ?? "path", ["path", "tags"] as const);
    const port = integer("port", options.port ?? (protocol === "pickle" ? 2004 : 2003), 1, 65_535);
    const { registry, host, prefix } = checkedTarget(options);
    this.name = `graphite://${host}:${port}`;
    const series = new FlatSeries();
    const encodePoint = protocol === "pickle" ? picklePoint : graphiteLine;
    const join = protocol === "pickle" ? pickleMessage : Buffer.concat;
    const encoded = function* (this: GraphiteSink): Iterable<Uint8Array> {
      const epochSeconds = Math.floor(Date.now() / 1000);
      for (const point of series.points(samplesInSteps(registry, probed), keyOf)) {
        const path = graphitePath(point, prefix, labels);
        if (path === undefined) this.#refused++;
        else yield encodePoint(path, point.value, epochSeconds);
      }
    };
    this.#loop = new PushLoop(
      {
        name: this.name,
        wire: new TcpWire(host, port),
        resendable: true,
        encode: (): AsyncIterable<PushChunk> => chunkedPoints(encoded.call(this), chunkBytes, join),
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
