import { createHash } from "node:crypto";
import type { Outcome } from "./open-loop.ts";

/** Where load goes. */
export interface LoadTarget {
  /** Never throws. @param index of the request, from 0 */
  send(index: number): Promise<Outcome>;
  /** Digests of the first answers by request: status and body. */
  readonly answers: ReadonlyMap<number, string>;
  /** Gives up all connections. */
  reset(): void;
}

/** What a load script's function is given. */
export interface LoadContext {
  /** Where the program listens. */
  readonly url: string;
  /** Of the request, from 0; the same in all programs. */
  readonly index: number;
  /** Aborts when nobody waits for the request any more. */
  readonly signal: AbortSignal;
}

/** Answers whose digests are kept; more would cost the generator time. */
const keptAnswers = 50;

/** GET of a URL, on connections that are kept. */
export async function urlTarget(url: string): Promise<LoadTarget> {
  const { Agent, request } = await import("undici");
  const answers = new Map<number, string>();
  // No bound and no time limit of its own: both are the loop's.
  const makeAgent = () => new Agent({ connections: null, headersTimeout: 0, bodyTimeout: 0 });
  let agent = makeAgent();
  return {
    answers,
    async send(index) {
      try {
        const { statusCode, body } = await request(url, { dispatcher: agent });
        if (index < keptAnswers) answers.set(index, await digest(statusCode, body));
        else await body.dump({ limit: Number.POSITIVE_INFINITY });
        return { ok: statusCode < 500, status: String(statusCode) };
      } catch (error) {
        return failed(error);
      }
    },
    reset() {
      void agent.destroy();
      agent = makeAgent();
    },
  };
}

/**
 * Calls a script's default export for each request.
 * @param module file URL
 * @throws {TypeError} when it exports no function
 */
export async function scriptTarget(module: string, url: string): Promise<LoadTarget> {
  const { default: run } = (await import(module)) as { default?: unknown };
  if (typeof run !== "function")
    throw new TypeError(`${module}: expected a function as default export, found ${typeof run}`);
  const answers = new Map<number, string>();
  let stop = new AbortController();
  return {
    answers,
    async send(index) {
      try {
        const context: LoadContext = { url, index, signal: stop.signal };
        const answer: unknown = await run(context);
        if (index < keptAnswers && answer !== undefined)
          answers.set(index, await digest(200, [JSON.stringify(answer) ?? ""]));
        return { ok: true, status: "ok" };
      } catch (error) {
        return failed(error);
      }
    },
    reset() {
      stop.abort(new Error("timeout"));
      stop = new AbortController();
    },
  };
}

/** Piece by piece, since an answer may be larger than memory. */
async function digest(status: number, body: AsyncIterable<Buffer> | Iterable<string>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of body) hash.update(piece);
  return `${status} ${hash.digest("base64url").slice(0, 16)}`;
}

function failed(error: unknown): Outcome {
  if (!(error instanceof Error)) return { ok: false, status: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  return { ok: false, status: code ?? error.message.slice(0, 80) };
}
