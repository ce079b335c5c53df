import type { BodyRecorder } from "./body-recorder.ts";
import type { FlightPlan } from "./flight-plan.ts";
import type { ExchangeTimes } from "./freshness.ts";
import { type HeaderFields, singleValue } from "./header-fields.ts";
import type { ResponseRecord } from "./stored-response.ts";
import { isComplete, storableRecord } from "./storing-rules.ts";
import { isCacheablePost } from "./unsafe-methods.ts";

/** Whether a status tells what is at a URL now; others tell of the request, or of the moment. */
export const isNews = (status: number): boolean =>
  (status < 400 && status !== 206 && status !== 304) || status === 404 || status === 410;

/** @returns what of a response is to be stored, its body still missing; `undefined` when nothing is */
export function recordOf(
  { host: { shelf }, errand: { key, request }, isUnsafe, mayStore }: FlightPlan,
  status: number,
  statusText: string,
  received: HeaderFields,
  times: ExchangeTimes,
): ResponseRecord | undefined {
  const { isShared, maxEntryBytes } = shelf.options;
  if (!mayStore) return undefined;
  if (isUnsafe && !isCacheablePost(request.method, status, key, received, isShared)) return undefined;
  const record = storableRecord(request, status, statusText, received, times, shelf.options);
  const length = Number(singleValue(received, "content-length") ?? 0);
  if (record === undefined || request.method === "HEAD" || !(length > maxEntryBytes)) return record;
  shelf.counts.tooLarge++;
  return undefined;
}

/** Stores a response whose body has come in, if it is whole and still news. */
export function store(
  { host: { shelf }, errand: { key, request }, ticket }: FlightPlan,
  record: ResponseRecord,
  recorder: BodyRecorder,
  receivedBytes: number,
  trailers: HeaderFields,
  isSuperseded: boolean,
): void {
  const { counts } = shelf;
  if (isSuperseded) counts.superseded++;
  else if (recorder.isTooLarge) counts.tooLarge++;
  else if (!isComplete(record, receivedBytes)) counts.incomplete++;
  else {
    const body = request.method === "HEAD" ? new Uint8Array(0) : recorder.whole();
    const hasTrailers = Object.keys(trailers).length > 0;
    counts.stored++;
    shelf.put(key, { ...record, body, trailers: hasTrailers ? trailers : undefined }, request, ticket);
  }
}
