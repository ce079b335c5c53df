import { connect } from "node:http2";
import got, { type Got } from "got";
import { Agent, type Dispatcher } from "undici";
import { Transport } from "../../../src/network/transport/transport.ts";
import type { TransportOptions } from "../../../src/network/transport/transport-options.ts";

/** A client that nothing was sent with yet. */
export interface Client {
  /** @returns the length of the body, which was read to its end */
  get(): Promise<number>;
  close(): Promise<unknown> | unknown;
}

const overDispatch = (dispatch: Dispatcher["dispatch"], origin: string) => (): Promise<number> =>
  new Promise((resolve, reject) => {
    let bytes = 0;
    dispatch(
      { origin, path: "/", method: "GET" },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(_controller, chunk) {
          bytes += chunk.length;
        },
        onResponseEnd: () => resolve(bytes),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });

const transport =
  (options: TransportOptions) =>
  (origin: string): Client => {
    const made = new Transport(options);
    return { get: overDispatch(made.dispatch, origin), close: () => made.close() };
  };

const undici =
  (options: Agent.Options) =>
  (origin: string): Client => {
    const agent = new Agent(options);
    return { get: overDispatch(agent.dispatch.bind(agent), origin), close: () => agent.close() };
  };

function byHand(origin: string): Client {
  const session = connect(origin);
  session.on("error", () => undefined);
  const get = (): Promise<number> =>
    new Promise((resolve, reject) => {
      let bytes = 0;
      session
        .request({ ":path": "/" })
        .on("data", (chunk: Buffer) => {
          bytes += chunk.length;
        })
        .on("end", () => resolve(bytes))
        .on("error", reject)
        .end();
    });
  return { get, close: () => session.close() };
}

function gotHttp2(origin: string): Client {
  const client: Got = got.extend({ http2: true, retry: { limit: 0 } });
  return { get: async () => (await client.get(origin).buffer()).length, close: () => undefined };
}

function builtIn(origin: string): Client {
  return { get: async () => (await (await fetch(origin)).arrayBuffer()).byteLength, close: () => undefined };
}

export const clients = {
  transport: transport({}),
  transportHttp1: transport({ protocol: "http1" }),
  transportHttp2: transport({ protocol: "http2" }),
  undiciHttp1: undici({ allowH2: false }),
  undici: undici({}),
  byHand,
  got: gotHttp2,
  fetch: builtIn,
};
export type ClientId = keyof typeof clients;
