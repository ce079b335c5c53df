/** A child process: an origin that shares no event loop with those who ask it. */
import { type OriginOptions, OriginServer } from "./origin-server.ts";
import { resourceReply } from "./resource-reply.ts";

/** What the parent may ask for. */
export type OriginCommand = "stats" | "reset" | "cut" | "close";

let origin: OriginServer | undefined;

process.on("message", async (message: OriginOptions | OriginCommand) => {
  if (typeof message === "object") {
    origin = await OriginServer.start(message, ({ target, headers }) => resourceReply(target, headers) ?? {});
    process.send?.({ url: origin.url, port: origin.port, ca: origin.ca });
    return;
  }
  if (message === "reset") origin?.reset();
  if (message === "cut") origin?.cutConnections();
  if (message === "close") await origin?.close();
  process.send?.(origin?.stats() ?? {});
  if (message === "close") process.disconnect();
});
// A parent that died leaves nothing behind.
process.on("disconnect", () => process.exit());
