import { fork } from "node:child_process";
import { once } from "node:events";

export type ServiceKind = "plain" | "unavailable" | "wave" | "tail" | "flaky";

export interface ServiceCounts {
  requests: number;
  /** Of a wave that came back: most requests within 10 ms, and all of them. */
  busiest: number;
  wave: number;
}

export interface LocalService {
  readonly url: string;
  counts(): Promise<ServiceCounts>;
  close(): void;
}

/** Starts a server in a process of its own. */
export async function startService(kind: ServiceKind, waveSize = 0): Promise<LocalService> {
  const child = fork(new URL("./service-process.ts", import.meta.url), [kind, `${waveSize}`]);
  const [port] = (await once(child, "message")) as [number];
  return {
    url: `http://127.0.0.1:${port}/`,
    async counts() {
      child.send("counts");
      const [counts] = (await once(child, "message")) as [ServiceCounts];
      return counts;
    },
    close: () => child.disconnect(),
  };
}
