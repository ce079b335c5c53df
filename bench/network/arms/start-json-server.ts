import { fork } from "node:child_process";
import { once } from "node:events";

/** Starts the server of `arms/json-server.ts`; it ends with this process, or with `close`. */
export async function jsonServer(): Promise<{ readonly url: string; close(): void }> {
  const child = fork(new URL("./json-server.ts", import.meta.url));
  const [port] = (await once(child, "message")) as [number];
  return { url: `http://127.0.0.1:${port}`, close: () => child.disconnect() };
}
