import type { BatchRequest } from "../../src/network/batch/json-post.ts";
import type { OriginReply } from "../../src/report/workloads/network/origin-reply.ts";
import { type OriginRequest, OriginServer } from "../../src/report/workloads/network/origin-server.ts";

/** Sends as a sender wants it, by the built-in `fetch`. */
export const fetchRequest: BatchRequest = (method, url, { body, headers, signal }) =>
  fetch(url, { method, body, headers, signal });

/** An origin that answers the JSON it gets with JSON. */
export function jsonOrigin(
  answer: (json: unknown, request: OriginRequest) => unknown,
): Promise<OriginServer> {
  return OriginServer.start({}, (request): OriginReply => {
    const given = answer(JSON.parse(request.body.toString()), request);
    return { body: given === undefined ? "" : JSON.stringify(given) };
  });
}

/** What it was sent. */
export const sentTo = (origin: OriginServer): unknown[] =>
  origin.received.map(({ body }) => JSON.parse(body.toString()));
