import { type ExpositionFormat, endText, familyText, sampleText } from "./exposition-format.ts";
import type { MetricRegistry } from "./registry.ts";
import { TimeSlices } from "./time-slices.ts";

/** What can be written: a `MetricRegistry`. */
export type Exposed = Pick<MetricRegistry, "collectInSteps">;

/** Bytes that are worth handing on. */
const pieceSize = 65_536;

/** All text of a registry, in pieces of a series each; empty ones are mere chances to pause. */
export function* expositionTexts(registry: Exposed, format: ExpositionFormat): Generator<string, void> {
  let family = "";
  const read = (...[sample, of, isLasting]: Parameters<Parameters<Exposed["collectInSteps"]>[0]>): string =>
    sampleText(sample, of, isLasting, format);
  for (const collected of registry.collectInSteps(read)) {
    if (collected === undefined) yield "";
    else if (collected.family.name === family) yield collected.made;
    else {
      family = collected.family.name;
      yield familyText(collected.family, collected.sample.help, format) + collected.made;
    }
  }
  yield endText[format];
}

/**
 * The same in pieces of bytes, giving the event loop a turn every few milliseconds.
 * Each series is consistent in itself (a histogram's buckets, sum and count are of one moment), and so is all that one
 * source gives; different series may be some milliseconds apart.
 * @param signal ends it at the next pause
 * @throws the signal's reason
 */
export async function* expositionPieces(
  registry: Exposed,
  format: ExpositionFormat,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  let piece = "";
  const slices = new TimeSlices();
  for (const text of expositionTexts(registry, format)) {
    piece += text;
    if (piece.length >= pieceSize) {
      yield Buffer.from(piece);
      piece = "";
    }
    if (!slices.isOver) continue;
    await slices.pause();
    signal?.throwIfAborted();
  }
  if (piece !== "") yield Buffer.from(piece);
}
