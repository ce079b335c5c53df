import type { MetricSample } from "../metric.ts";
import type { FlatPoint } from "./flat-series.ts";
import { labelPath, namePath, pathSegment, sortedLabels } from "./series-path.ts";

/** How labels are written: as segments of the path, or as Graphite's own tags (1.1 and later). */
export type GraphiteLabels = "path" | "tags";

/** Longer ones make carbon close the connection (it takes 16,384), and no file system takes them. */
const maxPathLength = 2000;

/**
 * The name of a point: `prefix.db.client.connection.count.state.idle`, or `prefix.db.client.connection.count;state=idle`.
 * @param prefix as the caller gave it; its dots are the path's
 * @returns `undefined` when it is longer than 2,000 characters
 * @see https://graphite.readthedocs.io/en/latest/tags.html
 */
export function graphitePath(point: FlatPoint, prefix: string, labels: GraphiteLabels): string | undefined {
  const base = namePath(prefix === "" ? point.name : `${prefix}.${point.name}`);
  const path = base + (labels === "tags" ? tags(point.sample) : labelPath(point.sample.labels));
  return path.length <= maxPathLength ? path : undefined;
}

function tags({ labels }: MetricSample): string {
  return sortedLabels(labels)
    .map(([name, value]) => `;${name === "name" ? "label_name" : pathSegment(name)}=${pathSegment(value)}`)
    .join("");
}

/** `path value seconds\n` @see https://graphite.readthedocs.io/en/latest/feeding-carbon.html */
export function graphiteLine(path: string, value: number, epochSeconds: number): Uint8Array {
  return Buffer.from(`${path} ${value} ${epochSeconds}\n`, "latin1");
}

/** One `(path, (seconds, value))` of a pickled list, protocol 2. @see https://docs.python.org/3/library/pickletools.html */
export function picklePoint(path: string, value: number, epochSeconds: number): Uint8Array {
  const text = Buffer.from(path, "utf8");
  const bytes = Buffer.allocUnsafe(5 + text.length + 20);
  bytes.write("X", 0, "latin1");
  bytes.writeUInt32LE(text.length, 1);
  text.copy(bytes, 5);
  let at = 5 + text.length;
  for (const number of [epochSeconds, value]) {
    bytes.write("G", at, "latin1");
    bytes.writeDoubleBE(number, at + 1);
    at += 9;
  }
  // Two tuples of two.
  bytes.write("\x86\x86", at, "latin1");
  return bytes;
}

const listBegins = Buffer.from("\x80\x02](", "latin1");
const listEnds = Buffer.from("e.", "latin1");

/** A list of such points as carbon's pickle receiver takes it: the length in 4 bytes, then the pickle. */
export function pickleMessage(points: readonly Uint8Array[]): Uint8Array {
  const message = Buffer.concat([Buffer.alloc(4), listBegins, ...points, listEnds]);
  message.writeUInt32BE(message.length - 4, 0);
  return message;
}
