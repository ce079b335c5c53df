import { laneTitle } from "./chrome-trace.ts";
import type { PlacedSpan, SpanLane } from "./span-lanes.ts";

export interface SpeedscopeEvent {
  /** Opens or closes a frame. */
  readonly type: "O" | "C";
  readonly frame: number;
  readonly at: number;
}

export interface SpeedscopeProfile {
  readonly type: "evented";
  readonly name: string;
  readonly unit: "milliseconds";
  readonly startValue: number;
  readonly endValue: number;
  readonly events: readonly SpeedscopeEvent[];
}

export interface SpeedscopeFile {
  readonly $schema: "https://www.speedscope.app/file-format-schema.json";
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly SpeedscopeProfile[];
  readonly name: string;
  readonly exporter: string;
  readonly activeProfileIndex?: number;
}

/**
 * For speedscope.app: each lane is a profile, each name (with its category) a frame.
 * @see https://www.speedscope.app/file-format-schema.json
 */
export function speedscope(lanes: readonly SpanLane[]): SpeedscopeFile {
  const frames: { name: string }[] = [];
  const known = new Map<string, number>();
  const frameOf = ({ span: { name, category } }: PlacedSpan): number => {
    const title = `${name} [${category}]`;
    const frame = known.get(title) ?? frames.push({ name: title }) - 1;
    known.set(title, frame);
    return frame;
  };
  const profiles = lanes.map((lane): SpeedscopeProfile => {
    const events = eventsOf(lane.spans, frameOf);
    const bounds = { startValue: events[0]!.at, endValue: events.at(-1)!.at };
    return { type: "evented", name: laneTitle(lane), unit: "milliseconds", ...bounds, events };
  });
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    shared: { frames },
    profiles,
    name: "victor-optimizations",
    exporter: "victor-optimizations",
    ...(profiles.length > 0 && { activeProfileIndex: 0 }),
  };
}

/** Opened and closed like brackets. */
function eventsOf(
  spans: readonly PlacedSpan[],
  frameOf: (span: PlacedSpan) => number,
): readonly SpeedscopeEvent[] {
  const events: SpeedscopeEvent[] = [];
  const open: PlacedSpan[] = [];
  const closeUntil = (ms: number): void => {
    for (let last = open.at(-1); last !== undefined && last.endMs <= ms; last = open.at(-1)) {
      open.pop();
      events.push({ type: "C", frame: frameOf(last), at: last.endMs });
    }
  };
  for (const placed of spans) {
    closeUntil(placed.span.startMs);
    events.push({ type: "O", frame: frameOf(placed), at: placed.span.startMs });
    open.push(placed);
  }
  closeUntil(Number.POSITIVE_INFINITY);
  return events;
}
