import { type Command, InvalidArgumentError } from "commander";

interface DoctorFlags {
  readonly json?: true;
  readonly dir: string;
  readonly pid?: number;
}

/** Adds `victor doctor`. Its exit code: 0 no problem; 1 a problem; 2 it couldn't look. @param finish is told the exit code */
export function addDoctorCommand(program: Command, finish: (exitCode: number) => void): void {
  const pid = (text: string): number => {
    if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("expected a process id.");
    return Number(text);
  };
  program
    .command("doctor")
    .description(
      "look at the environment of a Node program, and say what is wrong, why, and the one line that mends it",
    )
    .option("--json", "print findings as JSON")
    .option("--dir <dir>", "folder of the program's package.json", ".")
    .option("--pid <pid>", "look at this running process, too (Linux)", pid)
    .action(async (flags: DoctorFlags) => finish(await doctor(flags)));
}

async function doctor({ json, dir, pid }: DoctorFlags): Promise<number> {
  const { diagnose, doctorDocument, readFacts, renderDoctor } = await import("../doctor/index.ts");
  const { DoctorTargetError } = await import("../errors.ts");
  const { toolkitVersion } = await import("../report/toolkit-version.ts");
  try {
    const findings = diagnose(readFacts({ dir, pid }));
    const document = doctorDocument(findings, { toolkit: toolkitVersion(), pid, dir });
    process.stdout.write(
      json ? `${JSON.stringify(document, undefined, 2)}\n` : renderDoctor(document, process.stdout),
    );
    return document.counts.problem > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof DoctorTargetError)) throw error;
    process.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 2;
  }
}
