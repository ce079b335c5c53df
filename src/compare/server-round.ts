import type { AnswerDigests } from "./answers.ts";
import type { ComparedArm } from "./arm.ts";
import type { ComparedRun } from "./compare-document.ts";
import type { LoadProcess } from "./load/load-process.ts";
import type { LoadFigures, SlotReply } from "./load/load-protocol.ts";
import { MemorySamples } from "./memory-samples.ts";
import type { RunFigures } from "./metric.ts";
import type { ProbeFigures } from "./probe-settings.ts";
import { RunningServer, type ServerPlace } from "./running-server.ts";

/** How servers are loaded. */
export interface ServerLoad {
  readonly place: ServerPlace;
  readonly script: string | undefined;
  readonly rate: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly maxInFlight: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** Process groups that run now. */
  readonly groups: Set<number>;
}

/** What one process gave, and what is worth a warning. */
export interface ServerRun {
  readonly arm: string;
  readonly run: ComparedRun;
  readonly answers: AnswerDigests;
  readonly load: LoadFigures;
  readonly heardSigterm: boolean;
}

/** Turns have so many times the median latency at least, so that the wait for the last answers is a small part. */
const latenciesPerSlot = 20;
const requestsPerSlot = 10;
const shortestSlotMs = 250;

/** @returns length of a turn, milliseconds: as short as the program's pace allows, since what slows the machine lasts longer */
export function slotLength(p50Ms: number | undefined, rate: number, durationMs: number): number {
  const needMs = Math.max(shortestSlotMs, latenciesPerSlot * (p50Ms ?? 0), (requestsPerSlot * 1000) / rate);
  const turns = Math.max(1, Math.floor(durationMs / needMs));
  return durationMs / turns;
}

/**
 * Starts servers, loads them in turns and stops them. Servers of one call are alive at the same time.
 * @param order in which they are started
 * @param turnOrders in which they take turns
 * @param slotMs length of a turn; found in the warm-up when it isn't given
 */
export async function serverRound(
  round: number,
  order: readonly ComparedArm[],
  turnOrders: Iterator<readonly number[]>,
  settings: ServerLoad,
  load: LoadProcess,
  slotMs?: number,
): Promise<{ readonly runs: readonly ServerRun[]; readonly slotMs: number }> {
  const heard = new Map<ComparedArm, boolean>();
  const measured: Omit<ServerRun, "heardSigterm">[] = [];
  let slot = slotMs ?? shortestSlotMs;
  {
    await using stack = new AsyncDisposableStack();
    const servers: RunningServer[] = [];
    for (const arm of order) {
      const server = stack.use(await startServer(arm, settings, load, (ok) => heard.set(arm, ok)));
      servers.push(server);
      const { script } = settings;
      await load.ask({
        type: "open",
        arm: arm.name,
        url: server.url,
        ...(script !== undefined && { script }),
      });
    }
    const turn = async (server: RunningServer, durationMs: number, counts: boolean) => {
      settings.place.signal?.throwIfAborted();
      await server.program.checkAlive();
      const { rate, maxInFlight, timeoutMs } = settings;
      const arm = server.program.arm.name;
      return await load.ask<SlotReply>({
        type: "slot",
        arm,
        rate,
        durationMs,
        maxInFlight,
        timeoutMs,
        counts,
      });
    };

    const latencies: number[] = [];
    for (let warmMs = 0; warmMs < settings.warmupMs; warmMs += shortestSlotMs)
      for (const server of servers) {
        const { p50Ms } = await turn(server, shortestSlotMs, false);
        if (p50Ms !== undefined) latencies.push(p50Ms);
      }
    slot =
      slotMs ??
      slotLength(
        latencies.length === 0 ? undefined : Math.max(...latencies.slice(-2)),
        settings.rate,
        settings.durationMs,
      );
    if (servers.length === 1) slot = settings.durationMs;

    for (const { probes } of servers) probes.begin();
    const before = servers.map(({ program }) => program.tree.cpuMs());
    const memory = servers.map(({ program }) => stack.use(new MemorySamples(program.tree)));
    for (let done = 0; done < settings.durationMs - 1; done += slot)
      for (const i of turnOrders.next().value as readonly number[]) await turn(servers[i]!, slot, true);
    const cpu = servers.map(({ program }, i) => {
      const after = program.tree.cpuMs();
      return after === undefined ? undefined : after - before[i]!;
    });
    for (const [i, server] of servers.entries()) {
      await server.program.checkAlive();
      const arm = server.program.arm.name;
      const result = await load.ask<LoadFigures>({ type: "close", arm });
      const figures: RunFigures = {
        ...loadFigures(result),
        ...(cpu[i] !== undefined && result.completed > 0 && { cpuPerRequest: cpu[i] / result.completed }),
        startUp: servers[i]!.startUpMs,
        ...memory[i]!.end(),
        ...insideFigures(await server.probes.report(), result.loadedMs),
      };
      measured.push({
        arm,
        run: { round, figures, statuses: result.statuses },
        answers: result.answers,
        load: result,
      });
    }
  }
  return {
    slotMs: slot,
    runs: measured.map((one, i) => ({ ...one, heardSigterm: heard.get(order[i]!) ?? true })),
  };
}

/** What probes saw, of all processes of a program together. */
export function insideFigures(probed: readonly ProbeFigures[], timeMs: number): RunFigures {
  if (probed.length === 0) return {};
  return {
    gcShare: probed.reduce((sum, { gcMs }) => sum + gcMs, 0) / timeMs,
    loopDelayP99: Math.max(...probed.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
  };
}

/** Starts one, and has it killed should this process be. */
export async function startServer(
  arm: ComparedArm,
  { place, graceMs, groups }: ServerLoad,
  load: LoadProcess,
  onStopped: (heard: boolean) => void,
): Promise<RunningServer> {
  let group: number | undefined;
  try {
    const server = await RunningServer.start(arm, place, {
      graceMs,
      onStarted: async (pid) => {
        group = pid;
        groups.add(pid);
        await load.guard([...groups]);
      },
      onStopped: (heard) => {
        if (group !== undefined) groups.delete(group);
        onStopped(heard);
      },
    });
    return server;
  } catch (error) {
    if (group !== undefined) groups.delete(group);
    throw error;
  }
}

/** The far quantiles of few requests are those of a few requests. */
function loadFigures({ completed, failed, latencyMs, loadedMs }: LoadFigures): RunFigures {
  const all = completed + failed;
  return {
    throughput: (1000 * completed) / loadedMs,
    errorShare: all === 0 ? 0 : failed / all,
    ...(latencyMs && {
      latencyP50: latencyMs.p50,
      ...(all >= 100 && { latencyP95: latencyMs.p95 }),
      ...(all >= 200 && { latencyP99: latencyMs.p99 }),
      ...(all >= 1000 && { latencyP999: latencyMs.p999 }),
    }),
  };
}
