import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisService, type RedisServiceOptions, startRedis } from "./redis.ts";

const present = ["/usr/bin/valkey-server", "/usr/local/bin/valkey-server"];
/** Kept between runs. */
const cache = join(tmpdir(), "victor-valkey-8");

/** Starts a Valkey: the machine's, else Debian's package from backports, unpacked into a folder of its own without being installed. */
export function startValkey(options: Omit<RedisServiceOptions, "program"> = {}): Promise<RedisService> {
  return startRedis({ ...options, program: valkeyProgram() });
}

/** @throws {Error} that says what to install, where it can't be had */
function valkeyProgram(): string {
  const unpacked = join(cache, "usr/bin/valkey-server");
  const found = [...present, unpacked].find((path) => existsSync(path));
  if (found) return found;
  const folder = mkdtempSync(join(tmpdir(), "victor-valkey-"));
  try {
    const source = "deb http://deb.debian.org/debian bookworm-backports main";
    writeFileSync(join(folder, "sources.list"), `${source}\n`);
    for (const name of ["lists/partial", "archives/partial"])
      mkdirSync(join(folder, name), { recursive: true });
    const options = [
      `Dir::Etc::SourceList=${join(folder, "sources.list")}`,
      "Dir::Etc::SourceParts=/dev/null",
      `Dir::State::Lists=${join(folder, "lists")}`,
      `Dir::Cache=${folder}`,
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    run("apt-get", [...options, "update"], folder);
    run("apt-get", [...options, "download", "valkey-server", "valkey-tools"], folder);
    const root = join(folder, "root");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb")))
      run("dpkg-deb", ["-x", join(folder, file), root], folder);
    // Another test file may have been quicker.
    if (!existsSync(unpacked)) renameSync(root, cache);
    return unpacked;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0)
    throw new Error(
      `valkey-server is needed: install it (Debian: bookworm-backports); ${program} failed: ${stderr ?? error}`,
    );
}
