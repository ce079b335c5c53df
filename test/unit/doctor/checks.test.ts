import { expect, test } from "vitest";
import { diagnose } from "../../../src/doctor/checks.ts";
import type { DoctorFacts, ProjectFacts } from "../../../src/doctor/facts.ts";
import type { Finding } from "../../../src/doctor/finding.ts";
import { doctorFacts } from "../../support/doctor-facts.ts";

const mib = 2 ** 20;
const findings = (id: string, changed: Partial<DoctorFacts>, project?: Partial<ProjectFacts>): Finding[] =>
  diagnose(doctorFacts(changed, project)).filter((finding) => finding.id === id);
const env = (value: NodeJS.ProcessEnv): Partial<DoctorFacts> => ({ env: { value } });
const options = (text: string, more: NodeJS.ProcessEnv = {}): Partial<DoctorFacts> =>
  env({ NODE_OPTIONS: text, ...more });

test("a healthy process has neither problems nor advice", () => {
  expect(diagnose(doctorFacts()).filter(({ severity }) => severity !== "ok")).toEqual([]);
});

const broken: [
  id: string,
  severity: Finding["severity"],
  mend: string,
  Partial<DoctorFacts>,
  Partial<ProjectFacts>?,
][] = [
  ["node-release", "problem", "install Node 24", { node: { value: "20.19.0" } }],
  ["node-release", "problem", "install Node 24", { node: { value: "24.9.0" } }],
  [
    "node-release",
    "problem",
    "FROM node:24-slim",
    {},
    { dockerfile: { value: "FROM node:22-slim AS build\nRUN x\n" } },
  ],
  [
    "heap-limit",
    "problem",
    "NODE_OPTIONS=--max-old-space-size=168",
    { memoryLimitBytes: 256 * mib, heapLimitBytes: { value: 259 * mib } },
  ],
  [
    "heap-limit",
    "advice",
    "NODE_OPTIONS=--max-old-space-size=1440",
    { memoryLimitBytes: 2048 * mib, heapLimitBytes: { value: 1120 * mib } },
  ],
  ["semi-space", "advice", "NODE_OPTIONS=--max-semi-space-size=16", { memoryLimitBytes: 512 * mib }],
  ["malloc-arenas", "advice", "MALLOC_ARENA_MAX=2", { memoryLimitBytes: 512 * mib, machineCpus: 8 }],
  [
    "huge-pages",
    "advice",
    "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (on the host)",
    { memoryLimitBytes: 512 * mib, hugePages: { value: "always" } },
  ],
  [
    "swap",
    "advice",
    "docker run --memory-swap equal to --memory, or a lower --max-old-space-size",
    { swapBytes: { value: mib } },
  ],
  ["pool-threads", "problem", "UV_THREADPOOL_SIZE=4", env({ UV_THREADPOOL_SIZE: "many" })],
  ["pool-threads", "problem", "UV_THREADPOOL_SIZE=4", env({ UV_THREADPOOL_SIZE: "0" })],
  ["pool-threads", "problem", "UV_THREADPOOL_SIZE=4", env({ UV_THREADPOOL_SIZE: "1025" })],
  ["pool-threads", "advice", "UV_THREADPOOL_SIZE=16", { cpus: 16 }],
  [
    "pool-threads",
    "problem",
    "UV_THREADPOOL_SIZE=8 before Node starts, or victor run -- node app.js",
    { ...env({ UV_THREADPOOL_SIZE: "8" }), pid: 7, poolThreads: { value: 4 } },
  ],
  [
    "open-files",
    "problem",
    "ulimit -n 65536 (docker: --ulimit nofile=65536; systemd: LimitNOFILE=65536)",
    { openFiles: { value: { soft: 256, hard: 256 } } },
  ],
  [
    "open-files",
    "advice",
    "ulimit -n 65536 (docker: --ulimit nofile=65536; systemd: LimitNOFILE=65536)",
    { openFiles: { value: { soft: 1024, hard: 1024 } } },
  ],
  [
    "listen-backlog",
    "advice",
    "sysctl -w net.core.somaxconn=4096 (docker: --sysctl net.core.somaxconn=4096)",
    { somaxconn: { value: 128 } },
  ],
  [
    "port-range",
    "advice",
    "sysctl -w net.ipv4.ip_local_port_range='10240 65535'",
    { portRange: { value: [60_000, 60_999] } },
  ],
  [
    "dns-search",
    "advice",
    'dnsConfig: { options: [{ name: ndots, value: "2" }] }',
    { resolver: { value: { ndots: 5, search: ["a.svc.cluster.local", "svc.cluster.local"] } } },
  ],
  [
    "init-process",
    "advice",
    "docker run --init (compose: init: true; Kubernetes: shareProcessNamespace, or tini in the image)",
    { init: { value: "node" } },
  ],
  [
    "start-wrapper",
    "advice",
    'CMD ["node", "app.js"]',
    {},
    { dockerfile: { value: 'FROM node:24\nCMD ["npm", "start"]' } },
  ],
  [
    "start-wrapper",
    "advice",
    'CMD ["node", "app.js"]',
    {},
    { dockerfile: { value: "FROM node:24\nCMD node app.js" } },
  ],
  ["node-env", "problem", "NODE_ENV=production", env({ NODE_ENV: "prod" })],
  ["node-env", "advice", "NODE_ENV=production", {}, { dependencies: { express: "5" } }],
  [
    "inspector",
    "problem",
    "leave the flag out; kill -USR1 <pid> opens the port when it is needed",
    options("--inspect", { NODE_ENV: "production" }),
  ],
  [
    "inspector",
    "problem",
    "leave the flag out; kill -USR1 <pid> opens the port when it is needed",
    options("--inspect=0.0.0.0:9229"),
  ],
  [
    "source-maps",
    "advice",
    "leave the flag out, and translate stacks where logs are read",
    {},
    { startFlags: ["--enable-source-maps"] },
  ],
  [
    "flag-conflicts",
    "advice",
    "leave one of them out",
    options("--max-old-space-size=1"),
    { startFlags: ["--max_old_space_size=2"] },
  ],
  [
    "flag-conflicts",
    "advice",
    "leave one of them out",
    options("--max-old-space-size=9 --max-old-space-size-percentage=5"),
  ],
  ["flag-conflicts", "advice", "leave one of them out", options("--warnings --no-warnings")],
  [
    "flag-conflicts",
    "problem",
    "--max-semi-space-size=32",
    options("--min-semi-space-size=32 --max-semi-space-size=16"),
  ],
  ["peers", "problem", "npm install redis", {}, { dependencies: { redis: "6" } }],
  [
    "peers",
    "problem",
    "npm install redis@latest",
    {},
    { dependencies: { redis: "5" }, installed: { redis: "5.12.1" } },
  ],
  [
    "peers",
    "problem",
    "npm install pg",
    env({ DATABASE_URL: "postgres://h/d" }),
    { dependencies: { "victor-optimizations": "1" } },
  ],
  [
    "duplicate-packages",
    "advice",
    "npm dedupe, or npm explain undici to see who asks for it",
    {},
    {
      copies: {
        value: {
          undici: [
            { version: "7.0.0", path: "a" },
            { version: "8.0.0", path: "b" },
          ],
        },
      },
    },
  ],
  ["lock-file", "advice", "npm install --package-lock-only", {}, { lockFile: undefined }],
];

test.each(broken)("%s: %s, mended by %s", (id, severity, mend, changed, project) => {
  const worst = findings(id, changed, project).filter((finding) => finding.severity !== "ok");
  expect(worst).toMatchObject([{ severity, mend }]);
  expect(worst[0]?.why).toBeTruthy();
  expect(worst[0]?.source).toMatch(/^(?:https:\/\/|docs\/|bench\/)/);
});

const fine: [id: string, Partial<DoctorFacts>, Partial<ProjectFacts>?][] = [
  [
    "node-release",
    {},
    { dockerfile: { value: "FROM node:22 AS build\nFROM registry.local/node:24.21-slim\n" } },
  ],
  ["node-release", { node: { value: "24.10.0" }, nowMs: Date.UTC(2028, 3, 30, 12) }],
  [
    "heap-limit",
    {
      ...options("--max-old-space-size=400"),
      memoryLimitBytes: 2048 * mib,
      heapLimitBytes: { value: 448 * mib },
    },
  ],
  ["semi-space", { ...options("--max-semi-space-size=1"), memoryLimitBytes: 512 * mib }],
  ["malloc-arenas", { memoryLimitBytes: 512 * mib, machineCpus: 8, glibc: undefined }],
  ["malloc-arenas", { ...env({ MALLOC_ARENA_MAX: "2" }), memoryLimitBytes: 512 * mib, machineCpus: 8 }],
  ["huge-pages", { hugePages: { value: "always" } }],
  ["pool-threads", { ...env({ UV_THREADPOOL_SIZE: "16" }), cpus: 16 }],
  ["pool-threads", { ...env({ UV_THREADPOOL_SIZE: "8" }), pid: 7, poolThreads: { value: 0 } }],
  ["open-files", { openFiles: { value: { soft: 256, hard: Number.POSITIVE_INFINITY } } }],
  ["dns-search", { resolver: { value: { ndots: 5, search: [] } } }],
  ["start-wrapper", {}, { dockerfile: { value: 'CMD npm start\nCMD ["node", "app.js"]' } }],
  ["start-wrapper", {}, { dockerfile: { value: "CMD exec node app.js" } }],
  ["node-env", env({ NODE_ENV: "production" }), { dependencies: { express: "5" } }],
  ["inspector", options("--inspect=127.0.0.1:9229")],
  ["inspector", options("--inspect=9230")],
  ["inspector", options("--inspect-port=9230", { NODE_ENV: "production" })],
  ["source-maps", options("--enable-source-maps --no-enable-source-maps")],
  ["flag-conflicts", options("--max-old-space-size=1 --max-old-space-size=1")],
  ["peers", {}, { dependencies: { pg: "8" }, installed: { pg: "8.23.1" } }],
  ["peers", env({ DATABASE_URL: "postgres://h/d" }), { dependencies: { postgres: "3" } }],
];

test.each(fine)("%s has nothing to say against %j, %j", (id, changed, project) => {
  const found = findings(id, changed, project);
  expect(found.length).toBeGreaterThan(0);
  // A flag given twice is another check's matter.
  expect(found.every(({ severity }) => severity === "ok")).toBe(true);
});

test("what couldn't be read is unknown, with the reason, and never fine", () => {
  const unread = { unknown: "no such thing" };
  const facts = doctorFacts({
    node: unread,
    env: unread,
    flags: unread,
    heapLimitBytes: unread,
    openFiles: unread,
    poolThreads: unread,
    somaxconn: unread,
    portRange: unread,
    resolver: unread,
    init: unread,
    swapBytes: unread,
    hugePages: unread,
    project: unread,
  });
  const all = diagnose(facts);
  expect(all.filter(({ severity }) => severity === "ok").map(({ id }) => id)).toEqual(["semi-space"]);
  for (const { severity, what } of all)
    if (severity === "unknown") expect(what).toMatch(/^no such thing(?:; no such thing)?$/);
});

test("the worst comes first", () => {
  const all = diagnose(
    doctorFacts({ node: { value: "20.0.0" }, somaxconn: { value: 1 }, init: { unknown: "hidden" } }),
  );
  expect(all.slice(0, 3).map(({ severity }) => severity)).toEqual(["problem", "advice", "unknown"]);
});

test("figures that were read stand in the finding", () => {
  const [heap] = findings("heap-limit", {
    memoryLimitBytes: 256 * mib,
    heapLimitBytes: { value: 259 * mib },
  });
  expect(heap?.what).toBe("V8 lets the heap grow to 259 MiB, and the container has 256 MiB");
  const [ports] = findings("port-range", { portRange: { value: [60_000, 60_999] } });
  expect(ports?.what).toBe("1000 ports for outgoing connections (60000 to 60999)");
  expect(ports?.why).toContain("so 16 new connections a second");
});
