import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { ProfileTargetError } from "../../errors.ts";

/** Number of SIGUSR1 in the masks of /proc, from 0. */
const usr1Bit = 9n;
const isNodeName = (path: string): boolean => /^node(?:js)?(?:[\d.-]*)(?:\.exe)?$/i.test(basename(path));

/**
 * Makes sure that a process can be asked to open its inspector. SIGUSR1 ends a process that doesn't expect it, so one
 * that isn't seen to be Node is never sent it.
 * @throws {ProfileTargetError} `gone`, `no-permission`, `not-node`
 */
export async function checkTarget(pid: number): Promise<void> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") throw new ProfileTargetError("gone", `there is no process ${pid}`);
    if (code === "EPERM") throw noPermission(pid, error);
    throw error;
  }
  if (process.platform === "linux") checkByProc(pid);
  else if (process.platform !== "win32") await checkByName(pid);
}

function checkByProc(pid: number): void {
  const status = readProc(`/proc/${pid}/status`, pid);
  if (/^State:\s+Z/m.test(status)) throw new ProfileTargetError("gone", `process ${pid} has ended`);
  const caught = BigInt(`0x${/^SigCgt:\s*([\da-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const path = program(pid);
  if (!isNodeName(path.replace(/ \(deleted\)$/, ""))) throw notNode(pid, basename(path));
  if ((caught & (1n << usr1Bit)) === 0n)
    throw new ProfileTargetError(
      "not-listening",
      `process ${pid} doesn't take SIGUSR1: it was started with --disable-sigusr1, or is only just starting`,
    );
}

function readProc(path: string, pid: number): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ProfileTargetError("gone", `process ${pid} has ended`, { cause: error });
  }
}

function program(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    throw noPermission(pid, error);
  }
}

async function checkByName(pid: number): Promise<void> {
  const { stdout } = await promisify(execFile)("ps", ["-p", String(pid), "-o", "comm="]);
  if (!isNodeName(stdout.trim())) throw notNode(pid, stdout.trim());
}

/** Ports of loopback on which a process listens; `undefined` where the system doesn't say. */
export function listeningPorts(pid: number): readonly number[] | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const inodes = new Set(
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        const inode = socketInode(`/proc/${pid}/fd/${fd}`);
        return inode === undefined ? [] : [inode];
      }),
    );
    return ["tcp", "tcp6"].flatMap((name) => {
      const path = `/proc/${pid}/net/${name}`;
      return existsSync(path) ? listening(readFileSync(path, "utf8"), inodes) : [];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new ProfileTargetError("gone", `process ${pid} has ended`, { cause: error });
    throw noPermission(pid, error);
  }
}

/** @returns `undefined` for what is no socket, or was closed while we looked */
function socketInode(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Ports of a table of /proc/net whose state is LISTEN (0A) and whose socket is one of these. */
function listening(table: string, inodes: ReadonlySet<string>): number[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
    .map((fields) => Number.parseInt((fields[1] ?? "").split(":")[1] ?? "", 16));
}

const noPermission = (pid: number, cause: unknown): ProfileTargetError =>
  new ProfileTargetError("no-permission", `process ${pid} belongs to somebody else: run as its user`, {
    cause,
  });
const notNode = (pid: number, name: string): ProfileTargetError =>
  new ProfileTargetError("not-node", `process ${pid} runs ${name || "something"}, not Node`);
