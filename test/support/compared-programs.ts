import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CompareDocument } from "../../src/compare/index.ts";
import { isAlive } from "../services/process-tree.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** Only against a hang of the thing under test. */
const hangMs = 580_000;

/** Every program notes its processes, so that a test can see whether they are gone. */
const note = `require("node:fs").writeFileSync(require("node:path").join(__dirname, "pid-" + process.pid), "");\n`;

/** A server that computes for each request. `WORK` is how many rounds of its loop. */
export const computingServer = `
const work = Number(process.env.WORK ?? 1000);
let sum = 0;
require("node:http").createServer((request, response) => {
  for (let i = 0; i < work; i++) sum = Math.imul(sum ^ i, 0x9e3779b9) | 0;
  response.end("hello");
}).listen(Number(process.env.PORT), "127.0.0.1");
`;

export interface ComparedResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with programs to compare, and the command to compare them with. */
export class ComparedPrograms {
  readonly folder = mkdtempSync(join(tmpdir(), "victor cømpare-"));
  readonly #children = new Set<ChildProcess>();

  /** @returns a command that runs it, for the shell */
  write(name: string, source: string): string {
    writeFileSync(join(this.folder, name), name.endsWith(".cjs") ? note + source : source);
    return `${process.execPath} ${name}`;
  }

  /** Starts `victor compare`. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [main, "compare", ...args], {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    const hang = setTimeout(() => child.kill("SIGKILL"), hangMs);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended: Promise<ComparedResult> = once(child, "close").then(([code]) => {
      clearTimeout(hang);
      this.#children.delete(child);
      return { code, stdout, stderr };
    });
    const said = async (text: string): Promise<void> => {
      while (!stderr.includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended without saying "${text}": ${stderr}`);
        await Promise.race([once(child.stderr, "data"), ended]);
      }
    };
    return { child, ended, said };
  }

  async compare(args: readonly string[]): Promise<ComparedResult> {
    return await this.start(args).ended;
  }

  read(name: string): CompareDocument {
    return JSON.parse(readFileSync(join(this.folder, name), "utf8"));
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  /** Processes of programs that were started so far. */
  pids(): number[] {
    return readdirSync(this.folder).flatMap((name) =>
      name.startsWith("pid-") ? [Number(name.slice(4))] : [],
    );
  }

  /** Those that are alive. */
  left(): number[] {
    return this.pids().filter((pid) => isAlive(pid) && this.#runsHere(pid));
  }

  /** A number may belong to a later process by now; ours run in the folder. */
  #runsHere(pid: number): boolean {
    if (process.platform !== "linux") return true;
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(this.folder);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }

  async untilNoneIsLeft(): Promise<void> {
    while (this.left().length > 0) await sleep(20);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const pid of this.left()) process.kill(pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
