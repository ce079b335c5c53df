import { AlgorithmOptimizer } from "../../../algorithms/optimizer.ts";
import type { Arm } from "../../../measure/arm.ts";
import {
  handle,
  RequestParser,
  type RequestParts,
  type SampleRequest,
  type Session,
  sampleRequests,
} from "./sample-requests.ts";

/** What all arms of the row are told. */
export interface LazyWork {
  /** Requests in a round. */
  readonly requests: number;
  readonly seed: number;
}

interface RequestArm extends Arm {
  readonly parser: RequestParser;
  run(): void;
  answer(): string;
  counters(): { computationsPerRequest: number };
}

type Texts = ReadonlyMap<string, string>;

/** Makes every part of every request. */
export function eager(work: LazyWork): RequestArm {
  return requestArm(work, (request, parse) => {
    const query = parse.query(request);
    const cookies = parse.cookies(request);
    const session = parse.session(cookies);
    const locale = parse.locale(request);
    const device = parse.device(request);
    const permissions = parse.permissions(session);
    return {
      query: () => query,
      cookies: () => cookies,
      session: () => session,
      locale: () => locale,
      device: () => device,
      permissions: () => permissions,
    };
  });
}

/** Makes a part when it is asked for first, with a field for each. */
export function handWritten(work: LazyWork): RequestArm {
  return requestArm(work, (request, parse) => new HandWrittenParts(request, parse));
}

class HandWrittenParts implements RequestParts {
  readonly #request: SampleRequest;
  readonly #parse: RequestParser;
  #query: Texts | undefined;
  #cookies: Texts | undefined;
  #session: Session | null | undefined;
  #locale: string | undefined;
  #device: string | undefined;
  #permissions: ReadonlySet<string> | undefined;

  constructor(request: SampleRequest, parse: RequestParser) {
    this.#request = request;
    this.#parse = parse;
  }
  query(): Texts {
    this.#query ??= this.#parse.query(this.#request);
    return this.#query;
  }
  cookies(): Texts {
    this.#cookies ??= this.#parse.cookies(this.#request);
    return this.#cookies;
  }
  session(): Session | null {
    if (this.#session === undefined) this.#session = this.#parse.session(this.cookies());
    return this.#session;
  }
  locale(): string {
    this.#locale ??= this.#parse.locale(this.#request);
    return this.#locale;
  }
  device(): string {
    this.#device ??= this.#parse.device(this.#request);
    return this.#device;
  }
  permissions(): ReadonlySet<string> {
    this.#permissions ??= this.#parse.permissions(this.session());
    return this.#permissions;
  }
}

/** `AlgorithmOptimizer.lazy`. */
export function lazy(work: LazyWork): RequestArm {
  const optimizer = new AlgorithmOptimizer();
  const arm = requestArm(work, (request, parse) => {
    const query = optimizer.lazy(() => parse.query(request));
    const cookies = optimizer.lazy(() => parse.cookies(request));
    const session = optimizer.lazy(() => parse.session(cookies.get()));
    const locale = optimizer.lazy(() => parse.locale(request));
    const device = optimizer.lazy(() => parse.device(request));
    const permissions = optimizer.lazy(() => parse.permissions(session.get()));
    return {
      query: () => query.get(),
      cookies: () => cookies.get(),
      session: () => session.get(),
      locale: () => locale.get(),
      device: () => device.get(),
      permissions: () => permissions.get(),
    };
  });
  return {
    ...arm,
    answer: () => {
      const { computations } = arm.parser;
      const { computed } = optimizer.getLazyStats();
      if (computed !== computations) throw new Error(`counted ${computed}, but ${computations} were made`);
      return arm.answer();
    },
  };
}

function requestArm(
  { requests, seed }: LazyWork,
  partsOf: (request: SampleRequest, parse: RequestParser) => RequestParts,
): RequestArm {
  const parser = new RequestParser();
  const all = sampleRequests(requests, seed);
  let sum = 0;
  return {
    parser,
    run: () => {
      for (const request of all) {
        const response = handle(request, partsOf(request, parser));
        for (let at = 0; at < response.length; at++) sum = (Math.imul(sum, 31) + response.charCodeAt(at)) | 0;
      }
    },
    answer: () => `${requests} responses, sum ${sum >>> 0}`,
    counters: () => ({ computationsPerRequest: parser.computations / requests }),
  };
}
