import type { PgClient, PgModule } from "./pg-client.ts";

/**
 * Asks the server, on a second connection, to cancel what the client's session is running.
 * @returns when the server has closed that connection, and so has signalled the session, or when it couldn't be
 *   asked; the outcome shows only on the session itself. `abandon` cuts the connection.
 */
export function requestCancel(pg: PgModule, client: PgClient): { done: Promise<void>; abandon: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { processID, secretKey } = client;
  if (processID === null || secretKey === null) return { done: Promise.resolve(), abandon: () => undefined };
  // pg's own wire, for its TLS negotiation: a server behind a TLS proxy takes cancellations by TLS only.
  const wire = new pg.Connection({ ssl: client.ssl });
  wire.on("connect", () => (client.ssl ? wire.requestSsl() : wire.cancel(processID, secretKey)));
  wire.on("sslconnect", () => wire.cancel(processID, secretKey));
  wire.on("error", () => resolve());
  wire.on("end", () => resolve());
  if (client.host.startsWith("/")) wire.connect(`${client.host}/.s.PGSQL.${client.port}`);
  else wire.connect(client.port, client.host);
  return {
    done: promise,
    abandon: () => {
      wire.stream.destroy();
      resolve();
    },
  };
}
