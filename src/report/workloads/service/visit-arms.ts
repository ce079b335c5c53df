import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Arm } from "../../../measure/arm.ts";
import { quantile } from "../../../measure/order-statistics.ts";
import { MemoryOptimizer } from "../../../memory/optimizer.ts";
import { copyShopFile, type SqlitePlace } from "../database/shop-place.ts";
import { OriginProcess } from "../network/origin-process.ts";
import { armModule } from "./module-url.ts";
import type { VisitFigures, VisitPhase, VisitTask } from "./visit-client.ts";
import type { Visit, VisitMix } from "./visit-mix.ts";
import { optimizedService, plainService, type VisitPlace, type VisitService } from "./visit-service.ts";

/** What both arms of the service's rows are told. */
export interface VisitWork {
  readonly mix: VisitMix;
  readonly place: SqlitePlace;
  /** Milliseconds until the other service answers. */
  readonly originDelayMs: number;
}

export function off(work: VisitWork): Promise<Arm> {
  return visitArm(work, plainService);
}

export function on(work: VisitWork): Promise<Arm> {
  return visitArm(work, optimizedService);
}

/** What one round came to. */
interface VisitRound {
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
  readonly rssBytes: number;
  /** Of the service's process, a visit. */
  readonly cpuNs: number;
}

/** The service in this process; its visitors, and the other service, in processes of their own. */
async function visitArm(
  { mix, place, originDelayMs }: VisitWork,
  open: (place: VisitPlace) => VisitService | Promise<VisitService>,
): Promise<Arm> {
  const origin = await OriginProcess.start({ delayMs: originDelayMs });
  const service = await open({ file: copyShopFile(place), originUrl: origin.url });
  const server = createServer((request, response) => void handle(service, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = fork(fileURLToPath(armModule("visit-client")), { execArgv: [] });
  const phase = (name: VisitPhase): Promise<VisitFigures> => asked(client, { port, mix, phase: name });
  let digest = "";
  const rounds: VisitRound[] = [];
  let warm = 0;
  return {
    run: async () => {
      if (warm < mix.warmupRounds) {
        await phase("warmup");
        warm++;
        return;
      }
      const { latenciesMs } = await phase("alone");
      const optimizer = new MemoryOptimizer();
      const profiler = optimizer.enableProfiling({ intervalMs: 20 });
      const before = process.cpuUsage();
      const together = await phase("together");
      const { user, system } = process.cpuUsage(before);
      const { rssBytes } = profiler.profile();
      optimizer.close();
      digest = together.digest;
      rounds.push({
        latenciesMs,
        perSecond: together.perSecond,
        rssBytes: rssBytes.mean,
        cpuNs: (1000 * (user + system)) / mix.together,
      });
    },
    answer: () => digest,
    counters: () => countersOf(rounds),
    close: async () => {
      client.kill("SIGKILL");
      server.close();
      server.closeAllConnections();
      await service.close();
      await origin.kill();
    },
  };
}

/** A round in which the machine did something else doesn't count for more than another: medians of the rounds. */
function countersOf(rounds: readonly VisitRound[]): Record<string, number> {
  if (rounds.length === 0) return {};
  const middle = (of: (round: VisitRound) => number): number => quantile(rounds.map(of), 0.5);
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    latencyNs: 1e6 * middle(({ latenciesMs }) => mean(latenciesMs)),
    medianLatencyNs: 1e6 * quantile(latencies, 0.5),
    perSecond: middle(({ perSecond }) => perSecond),
    rssBytes: middle(({ rssBytes }) => rssBytes),
    cpuNs: middle(({ cpuNs }) => cpuNs),
  };
}

async function handle(
  service: VisitService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    response.end(JSON.stringify(await service.visit(JSON.parse(await text(request)) as Visit)));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

/** @throws when the client ends without an answer */
async function asked(client: ChildProcess, task: VisitTask): Promise<VisitFigures> {
  const { promise, resolve, reject } = Promise.withResolvers<VisitFigures>();
  const ended = (): void => reject(new Error("the visitors' process ended before its visits did"));
  client.once("message", resolve);
  client.once("exit", ended);
  client.send(task);
  try {
    return await promise;
  } finally {
    client.off("exit", ended);
  }
}
