import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { type RedisService, redisCommand, startRedis } from "./redis.ts";

/** A Redis Cluster of our own, on loopback: three masters, and as many replicas of each as asked for. */
export interface RedisClusterService extends AsyncDisposable {
  readonly masters: readonly RedisService[];
  readonly replicas: readonly RedisService[];
  /** Of all nodes. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const slotCount = 16_384;

/** @param replicasEach of each master. @default 0 @param config lines for all nodes */
export async function startRedisCluster(
  replicasEach = 0,
  config: readonly string[] = [],
): Promise<RedisClusterService> {
  const lines = [
    "cluster-enabled yes",
    "cluster-node-timeout 2000",
    "cluster-replica-validity-factor 0",
    ...config,
  ];
  const nodes: RedisService[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let i = 0; i < 3 * (1 + replicasEach); i++)
      nodes.push(await startRedis({ config: [...lines, `cluster-port ${await freePort()}`] }));
    const masters = nodes.slice(0, 3);
    const replicas = nodes.slice(3);
    const share = Math.ceil(slotCount / 3);
    for (const [i, node] of masters.entries())
      await node.command(
        "CLUSTER",
        "ADDSLOTSRANGE",
        String(i * share),
        String(Math.min(slotCount, (i + 1) * share) - 1),
      );
    for (const [i, node] of nodes.entries()) {
      await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
      if (i > 0) {
        const bus = /^\S+ 127\.0\.0\.1:\d+@(\d+)|^\S+ :\d+@(\d+)/m.exec(
          await node.command("CLUSTER", "NODES"),
        )!;
        await masters[0]!.command("CLUSTER", "MEET", "127.0.0.1", String(node.port), (bus[1] ?? bus[2])!);
      }
    }
    for (const node of nodes)
      await untilReply(node.port, ["CLUSTER", "INFO"], new RegExp(`cluster_known_nodes:${nodes.length}\\D`));
    for (const [i, replica] of replicas.entries()) {
      const id = /[0-9a-f]{40}/.exec(await masters[i % 3]!.command("CLUSTER", "MYID"))![0];
      await replica.command("CLUSTER", "REPLICATE", id);
    }
    for (const node of nodes) await untilReply(node.port, ["CLUSTER", "INFO"], /cluster_state:ok/);
    for (const replica of replicas)
      await untilReply(replica.port, ["INFO", "replication"], /master_link_status:up/);
    return { masters, replicas, urls: nodes.map(({ url }) => url), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks until the reply matches. */
export async function untilReply(port: number, args: readonly string[], pattern: RegExp): Promise<void> {
  for (const deadline = Date.now() + 90_000; ; await sleep(50)) {
    const reply = await redisCommand(port, args).catch(String);
    if (pattern.test(reply)) return;
    if (Date.now() > deadline) throw new Error(`${args.join(" ")} never gave ${pattern}, at last: ${reply}`);
  }
}
