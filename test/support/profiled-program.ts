import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramProfile } from "../../src/profiler/program/index.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** Only against a hang of the thing under test. */
const hangMs = 280_000;

/** A process that runs, and what it has written so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** Waits until it has written this to standard output. */
  said(text: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** A folder with programs to profile, and the command to profile them with. */
export class ProfiledPrograms {
  // With a space and letters beyond ASCII, as folders of people have.
  readonly folder = mkdtempSync(join(tmpdir(), "victor prøfile-"));
  readonly #children = new Set<ChildProcess>();

  write(name: string, source: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, source);
    return path;
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Running {
    const child = spawn(process.execPath, args, { cwd: this.folder, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#children.add(child);
    const hang = setTimeout(() => child.kill("SIGKILL"), hangMs);
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    const ended = once(child, "close").then(([code, signal]) => {
      clearTimeout(hang);
      this.#children.delete(child);
      return { code, signal };
    });
    const said = async (text: string): Promise<void> => {
      while (!output.stdout.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without saying "${text}": ${output.stderr}`);
        await Promise.race([once(child.stdout, "data"), ended]);
      }
    };
    return { child, output, said, ended };
  }

  /** Starts `victor profile` with these arguments. */
  victor(args: readonly string[], env?: NodeJS.ProcessEnv): Running {
    return this.start([main, "profile", ...args], env);
  }

  /** Profiles a program to its end. */
  async profile(
    source: string,
    { name = "app.cjs", flags = [], nodeFlags = [], args = [] }: ProfileRequest = {},
  ): Promise<{ profile: ProgramProfile; running: Running; code: number | null }> {
    this.write(name, source);
    const running = this.victor(["--format", "json", ...flags, "--", "node", ...nodeFlags, name, ...args]);
    const { code } = await running.ended;
    return { profile: this.read(), running, code };
  }

  read(name = "victor-profile.json"): ProgramProfile {
    return JSON.parse(readFileSync(join(this.folder, name), "utf8"));
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface ProfileRequest {
  readonly name?: string;
  readonly flags?: readonly string[];
  /** Of Node, for the program. */
  readonly nodeFlags?: readonly string[];
  readonly args?: readonly string[];
}
