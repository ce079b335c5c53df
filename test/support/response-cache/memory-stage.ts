import { Origin, type Reply, type SentRequest } from "./origin.ts";
import type { Stage } from "./play.ts";

/** An origin in memory. */
export function memoryStage(): Stage {
  let now = 0;
  const origin = new Origin(() => now);
  return {
    origin: "http://origin.test",
    dispatch: origin.dispatch,
    get sent() {
      return origin.exchanges.map(({ sent }) => sent);
    },
    set now(value: number) {
      now = value;
    },
    set reply(reply: (sent: SentRequest) => Reply) {
      origin.reply = reply;
    },
  };
}
