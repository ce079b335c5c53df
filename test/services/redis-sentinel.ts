import { type RedisService, startRedis } from "./redis.ts";
import { untilReply } from "./redis-cluster.ts";

/** A master, a replica of it, and three sentinels of our own. */
export interface RedisSentinelService extends AsyncDisposable {
  readonly masterName: string;
  readonly master: RedisService;
  readonly replica: RedisService;
  readonly sentinels: readonly RedisService[];
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const masterName = "primary";

export async function startRedisSentinel(): Promise<RedisSentinelService> {
  const started: RedisService[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()));
  };
  try {
    const master = await startRedis();
    started.push(master);
    const replica = await startRedis({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    started.push(replica);
    await untilReply(replica.port, ["INFO", "replication"], /master_link_status:up/);
    const config = [
      `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${masterName} 1000`,
      `sentinel failover-timeout ${masterName} 5000`,
    ];
    for (let i = 0; i < 3; i++) started.push(await startRedis({ isSentinel: true, config }));
    const sentinels = started.slice(2);
    for (const { port } of sentinels)
      await untilReply(
        port,
        ["SENTINEL", "MASTER", masterName],
        /num-slaves\r\n\$1\r\n1\r\n[\s\S]*num-other-sentinels\r\n\$1\r\n2/,
      );
    return {
      masterName,
      master,
      replica,
      sentinels,
      urls: sentinels.map(({ url }) => url),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
