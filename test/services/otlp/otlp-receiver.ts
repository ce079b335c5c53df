import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

/** An attribute, decoded. */
export interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
    readonly arrayValue?: { readonly values: readonly OtlpAttribute["value"][] };
  };
}

/** A point of a metric, decoded; 64-bit integers as decimal text. */
export interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly positive?: { readonly offset?: number; readonly bucketCounts?: readonly string[] };
}

export interface OtlpMetric {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly sum?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly isMonotonic: boolean;
    readonly aggregationTemporality: string;
  };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality: string };
  readonly exponentialHistogram?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly aggregationTemporality: string;
  };
}

export interface OtlpSpan {
  /** Hexadecimal, as are the other ids. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly { readonly name: string; readonly attributes: readonly OtlpAttribute[] }[];
  readonly status?: { readonly code?: string; readonly message?: string };
}

/** A collector that takes OTLP over HTTP as protobuf, decoded by the official definitions. */
export interface OtlpReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** All metrics that came, in order. */
  readonly metrics: readonly OtlpMetric[];
  /** All spans that came, in order. */
  readonly spans: readonly OtlpSpan[];
}

const imports = "opentelemetry/proto/collector";

/** Starts a receiver on a free port of 127.0.0.1. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(import.meta.dirname, target);
  await root.load([`${imports}/metrics/v1/metrics_service.proto`, `${imports}/trace/v1/trace_service.proto`]);
  const request = (what: string) => root.lookupType(`opentelemetry.proto.collector.${what}Request`);
  const types = new Map([
    ["/v1/metrics", request("metrics.v1.ExportMetricsService")],
    ["/v1/traces", request("trace.v1.ExportTraceService")],
  ]);
  const metrics: OtlpMetric[] = [];
  const spans: OtlpSpan[] = [];
  const server = createServer(async (incoming, response) => {
    const type = types.get(incoming.url ?? "");
    if (
      incoming.method !== "POST" ||
      !type ||
      incoming.headers["content-type"] !== "application/x-protobuf"
    ) {
      response.writeHead(400).end();
      return;
    }
    const body = await bytesOf(incoming);
    const message = type.toObject(type.decode(body), { longs: String, enums: String });
    for (const resource of message.resourceMetrics ?? [])
      for (const scope of resource.scopeMetrics) metrics.push(...(scope.metrics ?? []));
    for (const resource of message.resourceSpans ?? [])
      for (const scope of resource.scopeSpans) spans.push(...scope.spans.map(withHexIds));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, metrics, spans, [Symbol.asyncDispose]: close };
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  return incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

interface RawSpan extends Omit<OtlpSpan, "traceId" | "spanId" | "parentSpanId"> {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId?: Uint8Array;
}

function withHexIds({ traceId, spanId, parentSpanId, ...span }: RawSpan): OtlpSpan {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return {
    ...span,
    traceId: hex(traceId),
    spanId: hex(spanId),
    ...(parentSpanId && parentSpanId.length > 0 && { parentSpanId: hex(parentSpanId) }),
  };
}
