import type { ResponseCacheOptions } from "../../../src/network/cache/cache-options.ts";
import type { Reply, SentRequest } from "./origin.ts";

/** One request of a script, what the origin would answer, and what is expected. */
export interface Step {
  /** Seconds that pass before. */
  readonly after?: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the origin answers if it is asked; a function may use the fake time. @default 200 with a body of its own */
  readonly reply?: Reply | ((now: number, sent: SentRequest) => Reply);
  /** Whether the origin is asked. @default true for the first step, false for others */
  readonly asks?: boolean;
  /** The origin is asked on nobody's behalf, when the response is there already. */
  readonly inBackground?: boolean;
  /** @default what the origin says when asked, else 200 */
  readonly status?: number;
  /** The number of the step whose body it is, from 1; or the body. */
  readonly from?: number;
  readonly text?: string;
  /** Of the response; `undefined` for a field that must not be there. */
  readonly has?: Readonly<Record<string, string | undefined>>;
  /** Of the request that the origin sees. */
  readonly sends?: Readonly<Record<string, string | undefined>>;
  readonly fails?: boolean;
}

/** A behaviour, shown by requests one after the other. */
export interface Script {
  readonly name: string;
  readonly options?: ResponseCacheOptions;
  readonly steps: readonly Step[];
}

/** The time at which scripts begin, milliseconds of the epoch. */
export const epoch = Date.UTC(2026, 0, 5, 12);

export const script = (name: string, ...steps: readonly Step[]): Script => ({ name, steps });

export const shared = (name: string, ...steps: readonly Step[]): Script => ({
  name: `a shared cache ${name}`,
  options: { type: "shared" },
  steps,
});

/** A first response with these fields, and then the same request `after` seconds later, answered from the cache. */
export const reuses = (
  name: string,
  headers: NonNullable<Reply["headers"]>,
  after = 1,
  rest: Partial<Step> = {},
): Script => script(name, { reply: { headers } }, { after, from: 1, ...rest });

/** The same, for which the origin is asked again. */
export const asksAgain = (
  name: string,
  headers: NonNullable<Reply["headers"]>,
  after = 1,
  rest: Partial<Step> = {},
): Script => script(name, { reply: { headers } }, { after, asks: true, from: 2, ...rest });
