import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { flagsBeforeScript, splitNodeOptions } from "../environment/node-options.ts";
import { DoctorTargetError } from "../errors.ts";
import { singletons } from "./checks/duplicate-packages.ts";
import type { ProjectFacts, Reading } from "./facts.ts";
import { reading } from "./file-reader.ts";
import { packageCopies, versionIn } from "./package-copies.ts";
import { isRegularFile, regularFileText } from "./regular-file.ts";

const lockFiles = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lock",
  "bun.lockb",
];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** What a project's folder says. @throws {DoctorTargetError} where it is no folder */
export function readProject(dir: string): Reading<ProjectFacts> {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new DoctorTargetError(`--dir: ${dir} is no folder`);
  const folder = resolve(dir);
  return reading(join(dir, "package.json"), () => project(folder));
}

function project(dir: string): ProjectFacts {
  const manifest = JSON.parse(regularFileText(join(dir, "package.json"))) as Manifest;
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Manifest;
  const peers = own.peerDependencies ?? {};
  const names = [...Object.keys(dependencies), ...Object.keys(peers)];
  const installed = names.flatMap((name) => {
    const version = foldersAbove(dir).map((folder) => versionIn(join(folder, "node_modules", name)));
    const nearest = version.find((found) => found !== undefined);
    return nearest === undefined ? [] : [[name, nearest] as const];
  });
  const dockerfile = join(dir, "Dockerfile");
  return {
    dependencies,
    installed: Object.fromEntries(installed),
    peers,
    startFlags: startFlags(manifest.scripts?.start),
    lockFile: foldersAbove(dir)
      .flatMap((folder) => lockFiles.filter((name) => isRegularFile(join(folder, name))))
      .at(0),
    dockerfile: existsSync(dockerfile) ? reading("Dockerfile", () => regularFileText(dockerfile)) : undefined,
    copies: reading("node_modules", () => packageCopies(dir, singletons)),
  };
}

/** `node --flag app.js`, with variables set before it. */
function startFlags(script: string | undefined): readonly string[] {
  const words = splitNodeOptions(script ?? "");
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  return words[first] === "node" ? flagsBeforeScript(words.slice(first + 1)) : [];
}

function foldersAbove(dir: string): string[] {
  const folders = [dir];
  while (dirname(folders.at(-1)!) !== folders.at(-1)) folders.push(dirname(folders.at(-1)!));
  return folders;
}
