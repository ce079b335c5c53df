import type { ClientRequest, IncomingMessage } from "node:http";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { ChannelSubscriptions, errorType } from "../channel-subscriptions.ts";
import { ClientDurations } from "../client-durations.ts";
import type { OptimizationStep } from "../step.ts";

/**
 * Durations of `http` and `https` requests, and the sockets of the global agents. The agents themselves keep their
 * options: since Node 19 they keep connections alive, and nothing bounds their number; another `timeout`, pool or agent
 * would show in events, errors and the headers that servers see.
 */
export const httpAgents: OptimizationStep = {
  id: "http-agents",
  title: "Global agents of http and https",
  risk: "safe",
  apply(context) {
    const durations = new ClientDurations("http");
    const channels = new ChannelSubscriptions({
      "http.client.request.start": ({ request }: { request: ClientRequest }) => durations.begin(request),
      "http.client.response.finish": (message: { request: ClientRequest; response: IncomingMessage }) =>
        durations.end(message.request, message.request.method, message.response.statusCode ?? "_OTHER"),
      "http.client.request.error": ({ request, error }: { request: ClientRequest; error: Error }) =>
        durations.end(request, request.method, errorType(error)),
    });
    const sockets: MetricSource = { name: "victor.auto.agents", collect: agentSamples };
    for (const source of [durations, sockets]) context.addSource(source);
    return {
      describe: () => ({
        state: "applied",
        reason: `measured; ${agentsNote()}`,
        changes: ["listens to http.client.* channels"],
      }),
      undo() {
        channels.close();
        for (const source of [durations, sockets]) context.removeSource(source);
      },
    };
  },
};

/** The modules whose agents are in use; looking must not be what loads them. */
function loaded(): readonly (readonly [string, Pick<typeof import("node:http"), "globalAgent">])[] {
  const { moduleLoadList = [] } = process as { readonly moduleLoadList?: readonly string[] };
  return (["http", "https"] as const)
    .filter((name) => moduleLoadList.includes(`NativeModule ${name}`))
    .map((name) => [name, process.getBuiltinModule(`node:${name}`)] as const);
}

function agentsNote(): string {
  const closing = loaded().filter(
    ([, { globalAgent }]) => (globalAgent as { readonly keepAlive?: boolean }).keepAlive === false,
  );
  return closing.length === 0
    ? "the agents keep connections alive by themselves and bound no number of them, so they are left as they are"
    : `the program has set an agent without keep-alive for ${closing.map(([name]) => name).join(" and ")}, which is left as it is`;
}

const sizeOf = (lists: object | undefined): number =>
  Object.values(lists ?? {}).reduce((sum: number, list: readonly unknown[]) => sum + list.length, 0);

function* agentSamples(): Iterable<MetricSample> {
  for (const [name, { globalAgent }] of loaded()) {
    const counts = {
      active: sizeOf(globalAgent.sockets),
      idle: sizeOf(globalAgent.freeSockets),
      waiting: sizeOf(globalAgent.requests),
    };
    for (const [state, value] of Object.entries(counts))
      yield {
        type: "gauge",
        name: "victor.http.agent.sockets",
        help: "Sockets of the global agent in use and idle, and requests that wait for one.",
        unit: "{socket}",
        labels: { agent: name, state },
        value,
      };
  }
}
