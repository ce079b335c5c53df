import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Whom a server runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL and PgBouncer refuse to run as root, so that a root process starts them as somebody else.
 * @returns `undefined` when this process isn't root: the server then runs as oneself
 * @throws {Error} when root and neither `postgres` nor `nobody` is in /etc/passwd
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map<string, ServerUser>();
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name && uid && gid) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  const user = users.get("postgres") ?? users.get("nobody");
  if (!user)
    throw new Error("this process is root, and a database server must not be: add a user named postgres");
  return user;
}

/** May `user` enter the folder and all folders above it? */
export function isPassable(folder: string, user: ServerUser | undefined): boolean {
  if (!user) return true;
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Makes a new temporary folder that `user` can come to; it doesn't own it yet. */
export function temporaryFolder(prefix: string, user: ServerUser | undefined): string {
  const roots = [tmpdir(), "/tmp", "/var/tmp", "/dev/shm"];
  const root = roots.find((path) => existsSync(path) && isPassable(path, user));
  if (!root)
    throw new Error(`no temporary folder that user ${user?.uid} can enter among ${roots.join(", ")}`);
  const folder = mkdtempSync(join(root, prefix));
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * @param native  folder with a server's binaries and libraries
 * @param folder  where to copy them to when `user` can't reach them where they are (under a closed home, say)
 * @returns a folder of the same content that `user` can reach
 */
export function reachableBinaries(native: string, folder: string, user: ServerUser | undefined): string {
  if (isPassable(native, user)) return native;
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}
