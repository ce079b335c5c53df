import { styleText } from "node:util";
import type { Finding, Severity } from "./finding.ts";

/** Version of the form of `--json`; a field that goes or changes its meaning makes it the next. */
export const doctorSchemaVersion = 1;

/** What `--json` prints. */
export interface DoctorDocument {
  readonly schemaVersion: typeof doctorSchemaVersion;
  /** Of this toolkit. */
  readonly toolkit: string;
  readonly pid?: number;
  readonly dir: string;
  readonly counts: Readonly<Record<Severity, number>>;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

export function doctorDocument(
  findings: readonly Finding[],
  { toolkit, pid, dir }: { readonly toolkit: string; readonly pid: number | undefined; readonly dir: string },
): DoctorDocument {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return {
    schemaVersion: doctorSchemaVersion,
    toolkit,
    ...(pid !== undefined && { pid }),
    dir,
    counts: {
      problem: count("problem"),
      advice: count("advice"),
      unknown: count("unknown"),
      ok: count("ok"),
    },
    findings,
  };
}

const colours = { problem: "red", advice: "yellow", ok: "green", unknown: "gray" } as const;

/** The same for people. @param stream decides on colours: a terminal gets them, unless `NO_COLOR` is set */
export function renderDoctor({ findings, counts }: DoctorDocument, stream: NodeJS.WritableStream): string {
  const colour = (format: Parameters<typeof styleText>[0], text: string): string =>
    styleText(format, text, { stream: stream as NodeJS.WriteStream });
  const width = Math.max(...findings.map(({ id }) => id.length));
  const lines = findings.flatMap(({ id, severity, what, why, source, mend }) => {
    const indent = " ".repeat(9 + width + 2);
    const detail = (label: string, text: string): string => `${indent}${colour("gray", label)} ${text}`;
    return [
      `${colour(colours[severity], severity.padEnd(9))}${id.padEnd(width)}  ${what}`,
      ...(why === undefined ? [] : [detail("why", why)]),
      ...(mend === undefined ? [] : [detail("do ", mend)]),
      ...(source === undefined ? [] : [detail("see", source)]),
    ];
  });
  const summary = Object.entries(counts).map(
    ([severity, n]) => `${n} ${severity === "problem" && n !== 1 ? "problems" : severity}`,
  );
  return `${lines.join("\n")}\n\n${summary.join(", ")}\n`;
}
