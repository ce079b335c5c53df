import type { AllocationSite } from "./allocation-sites.ts";
import type { CallTree } from "./call-tree.ts";
import type { CodePlace } from "./code-place.ts";
import type { Deoptimization } from "./deopt-trace.ts";
import type { LoopBlock } from "./loop-blocks.ts";
import type { GcTotals } from "./recorded-thread.ts";
import type { SourceLookup } from "./source-lookup.ts";

/** What to look at, and why. */
export interface Advice {
  readonly rule:
    | "json"
    | "sync-call"
    | "regexp"
    | "stack-traces"
    | "gc"
    | "loop-blocked"
    | "deopt-loop"
    | "hot-function";
  /** Where: file and line of the source. */
  readonly place: CodePlace;
  /** What was measured there. */
  readonly evidence: string;
  /** What can be done about it. */
  readonly advice: string;
  /** Milliseconds that it is about; 0 where that isn't known. Advice is ordered by it. */
  readonly ms: number;
}

/** What rules judge: one thread, in positions of the code that ran. */
export interface Findings {
  readonly tree: CallTree;
  /** Milliseconds that weren't idle. */
  readonly activeMs: number;
  /** Milliseconds that were sampled, idle ones too: without what the recorder itself takes to begin, to collect and to save. */
  readonly sampledMs: number;
  /** Whether the thread's event loop turned at all: a script that only computes blocks nobody. */
  readonly loopTurned: boolean;
  readonly allocations: readonly AllocationSite[];
  readonly gc: Readonly<Record<string, GcTotals>>;
  readonly blocks: readonly LoopBlock[];
  readonly deopts: readonly Deoptimization[];
  readonly sources: SourceLookup;
}

/** Looks for one fault. Gives places of the code that ran. */
export type AdviceRule = (findings: Findings) => readonly Advice[];

/** `12 % of the busy time (340 ms)`. */
export function shareText(ms: number, ofMs: number): string {
  return `${Math.round((100 * ms) / ofMs)} % of the busy time (${Math.round(ms)} ms)`;
}
