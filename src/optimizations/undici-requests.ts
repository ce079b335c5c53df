import { ChannelSubscriptions, errorType } from "./channel-subscriptions.ts";
import { ClientDurations } from "./client-durations.ts";
import type { StepContext } from "./step.ts";

interface Sent {
  readonly request: { readonly method: string };
}

let users = 0;
let inForce: { readonly channels: ChannelSubscriptions; readonly durations: ClientDurations } | undefined;

/**
 * Durations of requests of Node's own `fetch` and of every copy of undici: all publish on the same channels, which don't
 * tell the copies apart. Shared by the steps that ask for it. @returns gives it back
 */
export function measureUndici(context: StepContext): () => void {
  users++;
  if (inForce === undefined) {
    const durations = new ClientDurations("undici");
    const channels = new ChannelSubscriptions({
      "undici:request:create": ({ request }: Sent) => durations.begin(request),
      "undici:request:headers": ({ request, response }: Sent & { response: { statusCode: number } }) =>
        durations.end(request, request.method, response.statusCode),
      "undici:request:error": ({ request, error }: Sent & { error: Error }) =>
        durations.end(request, request.method, errorType(error)),
    });
    inForce = { channels, durations };
    context.addSource(durations);
  }
  return () => {
    if (--users > 0 || inForce === undefined) return;
    inForce.channels.close();
    context.removeSource(inForce.durations);
    inForce = undefined;
  };
}
