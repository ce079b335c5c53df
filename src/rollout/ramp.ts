/** What a stage of a ramp has seen. */
export interface StageProgress {
  /** Percent that it is on for. */
  readonly share: number;
  /** ms that the stage has run. */
  readonly elapsedMs: number;
  /** Outcomes that the tests took, in this stage. */
  readonly on: number;
  readonly off: number;
  /** Highest evidence of harm now: 1 is none. */
  readonly suspicion: number;
  /** A guardrail that could not be evaluated, and why. */
  readonly unevaluated: { readonly name: string; readonly error: string | undefined } | undefined;
  readonly gain: "shown" | "none" | "undecided" | undefined;
}

/** Evidence of harm that holds a ramp; without harm it is reached with a probability of at most 1 / 4 at any time. */
const suspicious = 4;

/** @returns what the next stage waits for; `undefined` when it may come */
export function waitingFor(
  progress: StageProgress,
  { minMs, minSamples }: { readonly minMs: number; readonly minSamples: number },
  nextShare: number,
): string | undefined {
  const { share, elapsedMs, on, off, suspicion, unevaluated, gain } = progress;
  if (elapsedMs < minMs) return `${Math.ceil(minMs - elapsedMs)} ms more at ${share} %`;
  if (on < minSamples) return `${minSamples - on} more calls with the optimization`;
  if (off < minSamples) return `${minSamples - off} more calls without the optimization`;
  if (unevaluated !== undefined)
    return `guardrail ${JSON.stringify(unevaluated.name)}, which can't be evaluated: ${unevaluated.error}`;
  if (suspicion >= suspicious) return "a suspicion of harm to be dispelled";
  if (nextShare === 100 && gain !== undefined && gain !== "shown") return "a gain to be shown";
  return undefined;
}
