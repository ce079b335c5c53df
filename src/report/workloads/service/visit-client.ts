/** A child process: makes the visits, so that what this costs is not the service's. */
import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { type Visit, type VisitMix, visitsOf } from "./visit-mix.ts";

/** What the service's process asks for. */
export interface VisitTask {
  readonly port: number;
  readonly mix: VisitMix;
  readonly phase: VisitPhase;
}

export type VisitPhase = "warmup" | "alone" | "together";

/** What came of it. */
export interface VisitFigures {
  /** Of each visit, in the order in which they ended. */
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
  /** Of all replies since the first phase, in the order of the visits. */
  readonly digest: string;
}

const replies: string[] = [];
let all: readonly Visit[] | undefined;
let done = 0;

process.on("message", async ({ port, mix, phase }: VisitTask) => {
  all ??= visitsOf(mix);
  const visits = all.slice(done, done + mix[phase]);
  done += visits.length;
  const connections = phase === "alone" ? 1 : mix.connections;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  // Visits of one user must not overtake one another: each connection has users of its own.
  const queues: Visit[][] = Array.from({ length: connections }, () => []);
  for (const visit of visits) queues[visit.user % connections]?.push(visit);
  const startedMs = performance.now();
  await Promise.all(
    queues.map(async (queue) => {
      for (const visit of queue) {
        const beganMs = performance.now();
        replies[visit.number] = await answered(agent, port, visit);
        latenciesMs.push(performance.now() - beganMs);
      }
    }),
  );
  const perSecond = (1000 * visits.length) / (performance.now() - startedMs);
  agent.destroy();
  const digest = createHash("sha256").update(replies.join("\n")).digest("hex").slice(0, 16);
  process.send?.({ latenciesMs, perSecond, digest } satisfies VisitFigures);
});
// A parent that died leaves nothing behind.
process.on("disconnect", () => process.exit());

function answered(agent: Agent, port: number, visit: Visit): Promise<string> {
  const body = JSON.stringify(visit);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-length": Buffer.byteLength(body) };
  request({ agent, port, host: "127.0.0.1", method: "POST", headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("end", () =>
      response.statusCode === 200 ? resolve(text) : reject(new Error(`visit ${visit.number}: ${text}`)),
    );
    response.on("error", reject);
  })
    .on("error", reject)
    .end(body);
  return promise;
}
