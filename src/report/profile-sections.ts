import { gcKinds } from "../metrics/runtime/gc-observer.ts";
import type { CodePlace, ProgramProfile, ThreadProfile } from "../profiler/program/index.ts";
import { amount, exactCount, percent } from "./quantity.ts";
import type { TextTable } from "./row-tables.ts";

/** A part of the report that is a table. */
export interface ProfileSection extends TextTable {
  readonly title: string;
  readonly about: string;
  readonly level: 2 | 3;
}

type Where = (place: Omit<CodePlace, "name">) => string;

const ms = (value: number): string => amount("duration", value * 1e6);
const shown = { functions: 40, allocations: 20, blocks: 20, deopts: 30 } as const;

/** All tables of a profile, those of the main thread first. */
export function profileSections(profile: ProgramProfile, where: Where): ProfileSection[] {
  const [main, ...workers] = profile.threads as [ThreadProfile, ...ThreadProfile[]];
  return [
    ...threadSections(main, where),
    deoptSection(profile, where),
    ...workers.flatMap((worker) => [
      {
        title: `Worker thread ${worker.threadId}`,
        about: `${ms(worker.elapsedMs)}, ${ms(worker.activeMs)} of it busy.${worker.complete ? "" : " It was ended before it could save: the last seconds are missing."}`,
        headers: [],
        rows: [],
        level: 2 as const,
      },
      ...threadSections(worker, where).map((section) => ({ ...section, level: 3 as const })),
    ]),
    ...(profile.threadCount > profile.threads.length
      ? [
          {
            title: "Other threads",
            about: `${profile.threadCount - profile.threads.length} more worker threads did less and aren't shown.`,
            headers: [],
            rows: [],
            level: 2 as const,
          },
        ]
      : []),
  ];
}

function threadSections(thread: ThreadProfile, where: Where): ProfileSection[] {
  const share = (part: number): string => (thread.activeMs > 0 ? percent(part / thread.activeMs) : "–");
  const gcMs = gcKinds.reduce((sum, kind) => sum + thread.gc[kind].totalMs, 0);
  const { loop } = thread;
  return [
    {
      title: "Hot functions",
      about:
        "By their own time; the hot line is where most of that went. JSON, sorting and other work of V8's own counts to the function that calls it.",
      headers: ["function", "place", "self", "self %", "total", "hot line"],
      rows: thread.functions
        .slice(0, shown.functions)
        .map(({ place, selfMs, totalMs, hotLine, hotLineMs }) => [
          place.name,
          where(place),
          ms(selfMs),
          share(selfMs),
          ms(totalMs),
          hotLine > 0 && place.file !== "" ? `${hotLine} (${ms(hotLineMs)})` : "",
        ]),
      level: 2,
    },
    {
      title: "Allocation hot spots",
      about: `About ${amount("bytes", thread.allocatedBytes)} in all, by samples; what is collected since counts too.`,
      headers: ["function", "place", "allocated", "%"],
      rows: thread.allocations
        .slice(0, shown.allocations)
        .map(({ place, bytes }) => [
          place.name,
          where(place),
          amount("bytes", bytes),
          percent(bytes / Math.max(1, thread.allocatedBytes)),
        ]),
      level: 2,
    },
    {
      title: "Garbage collection",
      about: `${ms(gcMs)} in pauses, ${percent(thread.gcShare)} of the busy time.`,
      headers: ["kind", "pauses", "total", "longest"],
      rows: gcKinds
        .filter((kind) => thread.gc[kind].count > 0)
        .map((kind) => {
          const { count, totalMs, longestMs } = thread.gc[kind];
          return [kind, exactCount(count), ms(totalMs), ms(longestMs)];
        }),
      level: 2,
    },
    {
      title: "Event-loop delay",
      about:
        loop.turns === 0
          ? "The event loop didn't turn: the program ran from start to end in one go."
          : `How late a timer of 10 ms was. Mean ${ms(loop.meanMs)}, median ${ms(loop.p50Ms)}, 99th percentile ${ms(loop.p99Ms)}, longest ${ms(loop.longestMs)}. Blocked for more than 50 ms: ${thread.blockCount} times.`,
      headers: ["blocked for", "while this ran", "place", "for"],
      rows: thread.blocks
        .slice(0, shown.blocks)
        .map(({ durationMs, place, placeMs }) => [
          ms(durationMs),
          place?.name ?? "no single function",
          place === undefined ? "" : where(place),
          place === undefined ? "" : ms(placeMs),
        ]),
      level: 2,
    },
  ];
}

function deoptSection({ deoptimizations }: ProgramProfile, where: Where): ProfileSection {
  return {
    title: "Deoptimizations",
    about:
      deoptimizations === null
        ? "Not recorded: --deopts asks for them."
        : "Where V8 threw optimized code away because a guess was wrong. A few are ordinary; many at one place aren't.",
    headers: ["function", "place", "reason", "kind", "times"],
    rows: (deoptimizations ?? [])
      .slice(0, shown.deopts)
      .map(({ place, reason, kind, count }) => [place.name, where(place), reason, kind, String(count)]),
    level: 2,
  };
}
