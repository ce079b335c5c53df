declare module "undici/lib/dispatcher/client.js" {
  import { Client } from "undici";
  export default Client;
}
declare module "undici/lib/dispatcher/dispatcher.js" {
  import { Dispatcher } from "undici";
  export default Dispatcher;
}
declare module "undici/lib/core/connect.js" {
  import { buildConnector } from "undici";
  export default buildConnector;
}
declare module "undici/lib/core/symbols.js" {
  const symbols: {
    readonly kQueuedAbort?: symbol;
    readonly kHTTP2Session?: symbol;
    readonly kOnError?: symbol;
  };
  export default symbols;
}
declare module "undici/lib/api/index.js" {
  import { Dispatcher } from "undici";

  const methods: Pick<Dispatcher, "request" | "stream" | "pipeline" | "connect" | "upgrade">;
  export default methods;
}
declare module "undici/lib/web/fetch/index.js" {
  import { fetch } from "undici";

  const parts: { readonly fetch: typeof fetch };
  export default parts;
}
