import { libuvDefaultThreads, planPoolThreads } from "../../environment/pool-plan.ts";
import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, problem, unknown } from "../finding.ts";

const id = "pool-threads";
const source = "https://docs.libuv.org/en/v1.x/threadpool.html";
/** libuv's own bound. */
const most = 1024;

/** Packages that compute in libuv's pool. */
const users = ["argon2", "bcrypt", "sharp", "snappy", "sqlite3"];

/** Does libuv's pool use the processors, and did the wish for its size come through? */
export function checkPoolThreads({ env, cpus, poolThreads, project }: DoctorFacts): Finding[] {
  if ("unknown" in env) return [unknown(id, env.unknown)];
  const wish = env.value.UV_THREADPOOL_SIZE;
  // As libuv reads it: what doesn't begin with digits is 0, and 0 is 1.
  const read = wish === undefined ? libuvDefaultThreads : Number.parseInt(wish, 10) || 0;
  const threads = Math.min(most, Math.max(1, read));
  const setBy = wish === undefined ? "libuv's own number" : `UV_THREADPOOL_SIZE=${wish}`;
  if (wish !== undefined && (!/^\d+$/.test(wish) || read < 1 || read > most))
    return [
      problem(id, {
        what: `${setBy}, which libuv takes for ${threads}`,
        why: `it takes whole numbers from 1 to ${most}`,
        source,
        mend: `UV_THREADPOOL_SIZE=${Math.max(libuvDefaultThreads, cpus)}`,
      }),
    ];
  if (poolThreads !== undefined) {
    if ("unknown" in poolThreads) return [unknown(id, poolThreads.unknown)];
    if (poolThreads.value > 0 && poolThreads.value !== threads)
      return [
        problem(id, {
          what: `the pool has ${poolThreads.value} threads in spite of ${setBy}`,
          why: "it was used, and so started, before the number was set; it keeps its size",
          source,
          mend: `UV_THREADPOOL_SIZE=${threads} before Node starts, or victor run -- node app.js`,
        }),
      ];
  }
  const what = `${threads} threads for files, DNS, compression and cryptography (${setBy}), ${cpus} ${cpus === 1 ? "processor" : "processors"}`;
  const better = planPoolThreads(cpus);
  if (better === undefined || threads >= better) return [ok(id, what)];
  const dependencies = "value" in project ? Object.keys(project.value.dependencies) : [];
  const used = users.filter((name) => dependencies.includes(name));
  return [
    advice(id, {
      what,
      why:
        used.length > 0
          ? `${used.join(", ")} compute in that pool, on no more processors than it has threads`
          : "work in that pool uses no more processors than it has threads, if the program has such work",
      source,
      mend: `UV_THREADPOOL_SIZE=${better}`,
    }),
  ];
}
