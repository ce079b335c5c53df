/** Where a report stands. */
export interface ReportProgress {
  /** What is going on now: `database.query-time: node:sqlite, round 3`. */
  readonly text: string;
  /** Rounds that are done in all rows, over all rounds; 0 to 1. */
  readonly share: number;
}

/** Tells a person how far the report is. */
export interface ProgressOutput {
  /** Something is under way; may be called very often. */
  update(progress: ReportProgress): void;
  /** Something is done and worth a line that stays. */
  line(text: string): void;
  /** Leaves the terminal clean. */
  end(): void;
}

/** What is used of `process.stderr`. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A terminal gets one line that changes in place; anything else gets only the lines that stay. */
export function progressOutput(stream: TextStream): ProgressOutput {
  if (!stream.isTTY) {
    return {
      update: () => undefined,
      line: (text) => void stream.write(`${text}\n`),
      end: () => undefined,
    };
  }
  let shown = "";
  const clear = "\r\u001b[2K";
  const draw = (text: string): void => {
    if (text === shown) return;
    shown = text;
    stream.write(clear + text);
  };
  return {
    update: ({ text, share }) => {
      const full = `${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %  ${text}`;
      draw(full.slice(0, Math.max(10, (stream.columns ?? 80) - 1)));
    },
    line: (text) => {
      stream.write(`${clear}${text}\n${shown}`);
    },
    end: () => {
      if (shown !== "") stream.write(clear);
      shown = "";
    },
  };
}

const width = 20;
function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
