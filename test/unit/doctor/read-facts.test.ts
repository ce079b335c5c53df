import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProjectFacts } from "../../../src/doctor/facts.ts";
import { readFacts } from "../../../src/doctor/read-facts.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "victor-root-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function files(texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 unlimited            files
`;

const project = (): ProjectFacts => {
  const facts = readFacts({ dir: join(root, "app") }).project;
  if ("unknown" in facts) throw new Error(facts.unknown);
  return facts.value;
};

test("the machine's files are read as the kernel writes them", () => {
  files({
    "app/package.json": "{}",
    "proc/self/limits": limits,
    "proc/self/cgroup": "0::/kubepods/pod1\n",
    "sys/fs/cgroup/memory.max": "max\n",
    "sys/fs/cgroup/kubepods/memory.max": "805306368\n",
    "sys/fs/cgroup/kubepods/pod1/memory.max": "536870912\n",
    "sys/fs/cgroup/kubepods/pod1/cpu.max": "250000 100000\n",
    "proc/self/status": "Cpus_allowed_list:\t0-7\n",
    "sys/fs/cgroup/memory.swap.current": "4096\n",
    "proc/sys/net/core/somaxconn": "4096\n",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "etc/resolv.conf":
      "search default.svc.cluster.local svc.cluster.local\nnameserver 10.0.0.1\noptions edns0 ndots:5\n",
    "proc/1/cmdline": "/sbin/tini\0--\0node\0",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
  });
  expect(readFacts({ dir: join(root, "app"), root })).toMatchObject({
    memoryLimitBytes: 536_870_912,
    cpus: 2,
    openFiles: { value: { soft: 1024, hard: Number.POSITIVE_INFINITY } },
    swapBytes: { value: 4096 },
    somaxconn: { value: 4096 },
    portRange: { value: [32_768, 60_999] },
    resolver: { value: { ndots: 5, search: ["default.svc.cluster.local", "svc.cluster.local"] } },
    init: { value: "tini" },
    hugePages: { value: "madvise" },
  });
});

test("what isn't there or isn't understood is unknown, and why", () => {
  files({ "app/package.json": "{", "proc/sys/net/core/somaxconn": "many" });
  const facts = readFacts({ dir: join(root, "app"), root });
  expect(facts.openFiles).toEqual({ unknown: "/proc/self/limits can't be read (ENOENT)" });
  expect(facts.somaxconn).toEqual({
    unknown: 'net.core.somaxconn: a whole number was expected, not "many"',
  });
  expect(facts.project).toHaveProperty("unknown", expect.stringContaining("package.json: "));
  expect(facts.memoryLimitBytes).toBeUndefined();
});

test("another process is read from its own files", () => {
  files({
    "app/package.json": "{}",
    "proc/77/stat": "77 (node) S",
    "proc/77/environ": "A=b=c\0NODE_OPTIONS=--max-old-space-size=100\0",
    "proc/77/cmdline": "/usr/bin/node\0--max-old-space-size=300\0app.js\0--inspect\0",
    "proc/77/limits": limits,
    "proc/77/status": "Name:\tnode\nVmSwap:\t     2048 kB\nCpus_allowed_list:\t0-3,8\n",
    "proc/77/task/77/comm": "node\n",
    "proc/77/task/78/comm": "libuv-worker\n",
    "proc/77/task/79/comm": "libuv-worker\n",
  });
  expect(readFacts({ dir: join(root, "app"), pid: 77, root })).toMatchObject({
    pid: 77,
    cpus: 5,
    env: { value: { A: "b=c" } },
    flags: { value: ["--max-old-space-size=300"] },
    heapLimitBytes: { value: 300 * 2 ** 20 },
    poolThreads: { value: 2 },
    swapBytes: { value: 2 ** 21 },
    node: { unknown: "/proc/77/exe can't be read (ENOENT)" },
  });
});

test("the flags of a process that gave itself a title aren't known", () => {
  files({ "app/package.json": "{}", "proc/77/stat": "77", "proc/77/cmdline": "my service" });
  expect(readFacts({ dir: join(root, "app"), pid: 77, root }).flags).toEqual({
    unknown: "/proc/77/cmdline: it begins with my service, not with node",
  });
});

test("no process and no folder are errors with a code", () => {
  files({ "app/package.json": "{}" });
  const error = expect.objectContaining({ code: "VICTOR_DOCTOR_TARGET" });
  expect(() => readFacts({ dir: join(root, "app"), pid: 5, root })).toThrow(error);
  expect(() => readFacts({ dir: join(root, "none"), root })).toThrow(error);
});

test("a project is read with what is installed, here and above", () => {
  files({
    "package-lock.json": "{}",
    "node_modules/pg/package.json": '{ "version": "8.1.0" }',
    "app/package.json": JSON.stringify({
      dependencies: { pg: "8" },
      optionalDependencies: { redis: "6" },
      scripts: { start: "NODE_ENV=production node --max-old-space-size=99 --import ./a.js app.js --inspect" },
    }),
    "app/node_modules/redis/package.json": '{ "version": "6.3.1" }',
    "app/Dockerfile": "FROM node:24\n",
  });
  expect(project()).toMatchObject({
    dependencies: { pg: "8", redis: "6" },
    installed: { pg: "8.1.0", redis: "6.3.1" },
    startFlags: ["--max-old-space-size=99", "--import=./a.js"],
    lockFile: "package-lock.json",
    dockerfile: { value: "FROM node:24\n" },
  });
  expect(readFacts({ dir: join(root, "app") }).heapLimitBytes).toEqual({ value: 99 * 2 ** 20 });
});

test("copies are found in nested folders, scopes and pnpm's store, and links count once", () => {
  files({
    "app/package.json": "{}",
    "app/node_modules/undici/package.json": '{ "version": "8.0.0" }',
    "app/node_modules/a/package.json": '{ "version": "1.0.0" }',
    "app/node_modules/a/node_modules/undici/package.json": '{ "version": "7.0.0" }',
    "app/node_modules/@opentelemetry/api/package.json": '{ "version": "1.9.0" }',
    "app/node_modules/.pnpm/undici@6.0.0/node_modules/undici/package.json": '{ "version": "6.0.0" }',
  });
  symlinkSync(join(root, "app/node_modules/undici"), join(root, "app/node_modules/a/node_modules/linked"));
  symlinkSync(join(root, "app"), join(root, "app/node_modules/a/node_modules/circle"));
  const { copies } = project();
  if ("unknown" in copies) throw new Error(copies.unknown);
  expect(copies.value.undici?.map(({ version, path }) => `${version} ${path}`).sort()).toEqual([
    "6.0.0 node_modules/.pnpm/undici@6.0.0/node_modules/undici",
    "7.0.0 node_modules/a/node_modules/undici",
    "8.0.0 node_modules/undici",
  ]);
  expect(copies.value["@opentelemetry/api"]).toHaveLength(1);
  expect(copies.value["victor-optimizations"]).toEqual([]);
});
