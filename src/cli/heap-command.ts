import { type Command, InvalidArgumentError } from "commander";
import type { HeapFormat } from "../report/index.ts";

interface HeapFlags {
  readonly format: string;
  readonly top: number;
}

/** Adds `victor heap analyse`. @param finish is told the exit code */
export function addHeapCommand(program: Command, finish: (exitCode: number) => void): void {
  const top = (text: string): number => {
    if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("expected an integer ≥ 1.");
    return Number(text);
  };
  program
    .command("heap")
    .description("analyse heap snapshots")
    .command("analyse")
    .description(
      "what a heap consists of and what holds it; with three snapshots of one process, also what grew",
    )
    .argument("<files...>", "one .heapsnapshot file, or three that were written one after the other")
    .option("--format <format>", "md, html or json", "md")
    .option("--top <n>", "entries of each list", top, 20)
    .action(async (files: string[], flags: HeapFlags) => finish(await analyse(files, flags)));
}

async function analyse(files: readonly string[], { format, top }: HeapFlags): Promise<number> {
  const { heapFormats, renderHeap } = await import("../report/index.ts");
  const refuse = (message: string, exitCode: number): number => {
    process.stderr.write(`error: ${message}\n`);
    return exitCode;
  };
  if (!heapFormats.includes(format as HeapFormat))
    return refuse(`--format: unknown "${format}"; valid are ${heapFormats.join(", ")}`, 2);
  const [first, second, third, ...more] = files;
  if (first === undefined || (second !== undefined && third === undefined) || more.length > 0)
    return refuse(`expected one snapshot or three, got ${files.length}`, 2);
  const { analyseHeapSnapshot } = await import("../memory/index.ts");
  const { VictorError } = await import("../errors.ts");
  try {
    const all = second !== undefined && third !== undefined ? ([first, second, third] as const) : first;
    process.stdout.write(renderHeap(await analyseHeapSnapshot(all, { top }), format as HeapFormat));
    return 0;
  } catch (error) {
    if (error instanceof VictorError) return refuse(`${error.message} [${error.code}]`, 1);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined && /^E[A-Z]+$/.test(code)) return refuse(message, 1);
    throw error;
  }
}
