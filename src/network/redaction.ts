import type { Dispatcher } from "undici";

/**
 * A URL for a message: without userinfo and fragment, and with nothing of its query but that there is one, since any
 * of them may be a secret.
 * @param url absolute; what can't be parsed isn't shown at all
 */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "an invalid URL";
  return `${parsed.origin === "null" ? `${parsed.protocol}//${parsed.host}` : parsed.origin}${parsed.pathname}${parsed.search === "" ? "" : "?…"}`;
}

/** What a dispatch is called in messages: method and target, without its query. */
export function requestTitle({ method, origin = "", path }: Dispatcher.DispatchOptions): string {
  return `${method} ${origin}${path.split("?", 1)[0]}`;
}
