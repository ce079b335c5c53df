/** Asks a running cors-anywhere for the upstream, as a page in a browser would. */
import { request } from "undici";
import type { LoadContext } from "../../src/compare/index.ts";

const upstream = process.env.UPSTREAM;

export default async function load({ url, signal }: LoadContext): Promise<string> {
  const { statusCode, body } = await request(`${url}${upstream}/items`, {
    headers: { origin: "http://localhost" },
    signal,
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return text;
}
