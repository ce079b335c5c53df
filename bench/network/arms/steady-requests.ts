import type { Arm } from "../../../src/measure/index.ts";
import { type ClientId, clients } from "./connection-clients.ts";

/** Each operation is a request on connections that are open; `concurrent` of them are under way at a time. */
export function setup(args: unknown): Arm {
  const { id, origin, concurrent } = args as {
    readonly id: ClientId;
    readonly origin: string;
    readonly concurrent: number;
  };
  const client = clients[id](origin);
  let bytes = 0;
  return {
    async run(count) {
      let left = count;
      const next = async () => {
        while (left-- > 0) bytes = await client.get();
      };
      await Promise.all(Array.from({ length: concurrent }, next));
    },
    answer: () => bytes,
    close: async () => {
      await client.close();
    },
  };
}
