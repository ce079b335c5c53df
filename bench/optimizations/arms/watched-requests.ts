import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Dispatcher } from "undici";
import type { Arm } from "../../../src/measure/index.ts";
import type { Dispatch, NetworkPolicy } from "../../../src/network/policy.ts";
import { switchedPolicy } from "../../../src/optimizations/switched-policy.ts";
import { Rollout } from "../../../src/rollout/index.ts";

const program = fileURLToPath(new URL("./memory-server.mjs", import.meta.url));
const request = { method: "GET", origin: "http://host", path: "/" } as Dispatcher.DispatchOptions;
const headers = { "content-length": "4" };
const body = Buffer.from("body");
const controller = {} as Dispatcher.DispatchController;

const answeredAtOnce: Dispatch = (_, handler) => {
  handler.onRequestStart?.(controller, null);
  handler.onResponseStart?.(controller, 200, headers, "OK");
  handler.onResponseData?.(controller, body);
  handler.onResponseEnd?.(controller, {});
  return true;
};
const gainsNothing: NetworkPolicy = (dispatch) => (options, handler) => dispatch(options, handler);

function dispatching(step: Pick<Parameters<typeof switchedPolicy>[2], "isOn" | "callsOf">): Arm {
  const dispatch = switchedPolicy("retries", gainsNothing, step)(answeredAtOnce);
  let ended = 0;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => undefined,
    onResponseStart: () => undefined,
    onResponseData: () => undefined,
    onResponseEnd: () => {
      ended++;
    },
    onResponseError: () => undefined,
  };
  return {
    run(count) {
      for (let i = 0; i < count; i++) dispatch(request, handler);
    },
    answer: () => "body",
    counters: () => ({ ended }),
  };
}

const rolledOut = (share: number): Arm => {
  // Chance must not end the comparison.
  const rollout = new Rollout({ alpha: 1e-6, optimizations: { retries: { share } } });
  return dispatching({ isOn: undefined, callsOf: () => () => rollout.begin("retries") });
};

export const unswitched = (): Arm => dispatching({ isOn: undefined, callsOf: () => undefined });
export const switched = (): Arm => dispatching({ isOn: () => true, callsOf: () => undefined });
export const half = (): Arm => rolledOut(50);
export const all = (): Arm => rolledOut(100);

export async function fetched(): Promise<Arm> {
  const server = fork(program);
  const [port] = (await once(server, "message")) as [number];
  let bytes = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        bytes += (await (await fetch(`http://127.0.0.1:${port}/`)).text()).length;
    },
    answer: () => "body",
    counters: () => ({ bytes }),
    async close() {
      server.kill();
      await once(server, "exit");
    },
  };
}
