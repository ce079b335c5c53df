/** What the command tells the preload of the program, in an environment variable that is gone before the program runs. */
export interface PreloadSettings {
  readonly dir: string;
  readonly intervalUs: number;
  readonly saveEveryMs: number;
  readonly allocationIntervalBytes: number;
  /** Whether V8 is to trace deoptimizations. */
  readonly deopts: boolean;
  /** Whether processes that the program starts are recorded too. */
  readonly children: boolean;
  /** Arguments at the front of Node's own that the program mustn't see. */
  readonly hiddenArguments: number;
  /** `NODE_OPTIONS` as the program should see it; `null` when it had none. */
  readonly nodeOptions: string | null;
}

export const settingsVariable = "VICTOR_PROFILE_SETTINGS";
/** File in `dir` that the first recorded process makes; holds its process id. */
export const mainProcessFile = "main";
/** Of the global function that ends the recording from outside: see {@link StopRecording}. */
export const stopSymbol = "victor-optimizations/profile/stop";
/** Name of the environment data that worker threads take their settings from. */
export const threadData = "victor-optimizations/profile";
export const stopChannel = "victor-optimizations/profile/stop";

/**
 * Ends the recording and gives a signal its own effect back. Whoever calls it sends the signal, once he has let go of the
 * inspector: a process that sends itself one waits for that first.
 * @returns false when the program handles the signal itself: then nothing was done
 */
export type StopRecording = (signal: NodeJS.Signals) => boolean;

/** Programs that only start others: with `npm run`, what is to be profiled is the script. */
export const launchers = /(?:^|[/\\])(?:npm|npx|pnpm|pnpx|yarn|corepack)(?:-cli)?(?:\.[cm]?js)?$/;
