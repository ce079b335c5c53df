import { createServer } from "node:net";

/**
 * @returns a TCP port on 127.0.0.1 that was free a moment ago; another process may take it before the caller does,
 * so a server that can't bind must be tried again with another port
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => {
      if (typeof address === "object" && address) resolve(address.port);
      else reject(new Error("no port was assigned"));
    });
  });
  return promise;
}
