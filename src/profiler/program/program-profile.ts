import type { Advice, Findings } from "./advice.ts";
import { advise } from "./advise.ts";
import { type AllocationSite, AllocationSites } from "./allocation-sites.ts";
import { CallTree } from "./call-tree.ts";
import type { CodePlace } from "./code-place.ts";
import { type Deoptimization, deoptimizations } from "./deopt-trace.ts";
import { type FlameTree, flameTree } from "./flame-tree.ts";
import { type HotFunction, hotFunctions, idleName } from "./hot-functions.ts";
import { type LoopBlock, loopBlocks } from "./loop-blocks.ts";
import type { LoopDelay, ProgramRecording, ThreadRecording, ThreadState } from "./recorded-thread.ts";
import { SourceLookup } from "./source-lookup.ts";

/** What one thread did. Places are those of the sources, where maps say them. */
export interface ThreadProfile {
  /** 0 is the main thread. */
  readonly threadId: number;
  readonly elapsedMs: number;
  /** Not idle: JavaScript, Node's and V8's own work. */
  readonly activeMs: number;
  readonly samples: number;
  /** False when the thread was killed, or crashed in a way that left no time to save: the end is missing. */
  readonly complete: boolean;
  /** The hottest first, at most 100. */
  readonly functions: readonly HotFunction[];
  readonly allocatedBytes: number;
  /** The largest first, at most 50. */
  readonly allocations: readonly AllocationSite[];
  readonly gc: ThreadState["gc"];
  /** Of `activeMs`, 0–1. */
  readonly gcShare: number;
  readonly loop: LoopDelay;
  /** The longest first, at most 50. */
  readonly blocks: readonly LoopBlock[];
  readonly blockCount: number;
  readonly flame: FlameTree;
}

/** What a program did, as the report tells it. */
export interface ProgramProfile {
  readonly schema: 1;
  /** Path of the script, without arguments. */
  readonly script: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: string;
  /** The main thread first; at most 16, those with most work. */
  readonly threads: readonly ThreadProfile[];
  readonly threadCount: number;
  /** The main thread's, the most frequent first, at most 100; `null` when they weren't recorded. */
  readonly deoptimizations: readonly Deoptimization[] | null;
  readonly advice: readonly Advice[];
}

const limits = { functions: 100, allocations: 50, blocks: 50, deopts: 100, threads: 16 } as const;

/** Turns a recording into what there is to say about it. @param recording of at least one thread */
export function analyseProgram({ threads, deoptTrace }: ProgramRecording): ProgramProfile {
  const sources = new SourceLookup();
  const [main] = threads;
  if (main === undefined) throw new RangeError("recording: expected at least one thread, got none");
  const analysed = threads.map((thread, i) =>
    analyseThread(thread, i === 0 ? deoptTrace : undefined, sources),
  );
  const [first, ...others] = analysed as [Analysed, ...Analysed[]];
  others.sort((a, b) => b.profile.activeMs - a.profile.activeMs);
  const { script, pid, node, startedAt } = main.state;
  return {
    schema: 1,
    script,
    pid,
    node,
    startedAt,
    threads: [first, ...others].slice(0, limits.threads).map(({ profile }) => profile),
    threadCount: threads.length,
    deoptimizations:
      deoptTrace === undefined
        ? null
        : first.deopts
            .slice(0, limits.deopts)
            .map((deopt) => ({ ...deopt, place: { ...deopt.place, ...sources.original(deopt.place) } })),
    advice: analysed.flatMap(({ advice }) => advice).sort((a, b) => b.ms - a.ms),
  };
}

interface Analysed {
  readonly profile: ThreadProfile;
  readonly deopts: readonly Deoptimization[];
  readonly advice: readonly Advice[];
}

function analyseThread(
  { state, segments }: ThreadRecording,
  deoptTrace: string | undefined,
  sources: SourceLookup,
): Analysed {
  const tree = new CallTree();
  const sites = new AllocationSites();
  const blocks: LoopBlock[] = [];
  for (const segment of segments()) {
    tree.add(segment.cpu);
    if (segment.allocations !== undefined) sites.add(segment.allocations.head);
    blocks.push(...loopBlocks(segment));
  }
  blocks.sort((a, b) => b.durationMs - a.durationMs);
  const deopts = deoptTrace === undefined ? [] : deoptimizations(deoptTrace, tree.frames);
  const functions = hotFunctions(tree);
  const allocations = sites.all();
  const activeMs = busyUs(tree) / 1000;
  const gcMs = Object.values(state.gc).reduce((sum, { totalMs }) => sum + totalMs, 0);
  const locate = (place: CodePlace): CodePlace => ({ ...place, ...sources.original(place) });
  const findings: Findings = {
    tree,
    activeMs,
    sampledMs: tree.selfUs.reduce((sum, us) => sum + us, 0) / 1000,
    loopTurned: state.loop.turns >= 10,
    allocations,
    gc: state.gc,
    blocks,
    deopts,
    sources,
  };
  const profile: ThreadProfile = {
    threadId: state.threadId,
    elapsedMs: state.elapsedMs,
    activeMs,
    samples: tree.samples,
    complete: state.complete,
    functions: functions.slice(0, limits.functions).map((hot) => ({
      ...hot,
      place: locate(hot.place),
      hotLine: sources.originalLine(hot.place.file, hot.hotLine),
    })),
    allocatedBytes: allocations.reduce((sum, { bytes }) => sum + bytes, 0),
    allocations: allocations
      .slice(0, limits.allocations)
      .map(({ place, bytes }) => ({ place: locate(place), bytes })),
    gc: state.gc,
    gcShare: activeMs > 0 ? Math.min(1, gcMs / activeMs) : 0,
    loop: state.loop,
    blocks: blocks.slice(0, limits.blocks).map((block) => ({
      ...block,
      place: block.place && locate(block.place),
    })),
    blockCount: blocks.length,
    flame: flameTree(tree, locate),
  };
  return { profile, deopts, advice: advise(findings) };
}

function busyUs(tree: CallTree): number {
  return tree.selfUs.reduce((sum, us, node) => {
    const { functionName, url } = tree.frameOf(node);
    return functionName === idleName && url === "" ? sum : sum + us;
  }, 0);
}
