import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/bin", "/usr/local/bin"];

/**
 * The path of a program that comes from the machine: as it is if present, else installed by apt-get when this
 * process is root on a Debian.
 * @throws {Error} that says what to install, where that can't be done here
 */
export function machineProgram(program: string, debianPackage = program): string {
  const present = find(program);
  if (present) return present;
  const advice = `${program} is needed: install the package "${debianPackage}" (Debian: apt-get install ${debianPackage})`;
  if (process.getuid?.() !== 0 || !find("apt-get")) throw new Error(advice);
  apt(["update"], advice);
  apt(["install", "-y", "--no-install-recommends", debianPackage], advice);
  const installed = find(program);
  if (!installed) throw new Error(advice);
  return installed;
}

function find(program: string): string | undefined {
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function apt(args: readonly string[], advice: string): void {
  // The lock timeout lets two test files that install at once wait for each other; RUNLEVEL=1 keeps the package from
  // starting a daemon of its own.
  const { status, stderr } = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
  if (status !== 0) throw new Error(`${advice}; apt-get ${args.join(" ")} failed: ${stderr}`);
}
