import type { IncomingMessage, ServerResponse } from "node:http";
import type { AllowedHost } from "../metrics/endpoint/allowed-host.ts";
import type { EventStreams } from "./event-streams.ts";
import { LoginLimit } from "./login-limit.ts";
import type { PageFile } from "./page-files.ts";
import type { SessionCookie } from "./session-cookie.ts";

const maxUrl = 2_048;
const maxLoginBytes = 2_048;
const maxHistoryRows = 64;

const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
  // Without it the login form would send no Origin.
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** What the requests are answered from. */
export interface PageService {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly allowed: AllowedHost;
  /** `undefined` when no token is asked for. */
  readonly session: SessionCookie | undefined;
  readonly streams: EventStreams;
  /** The first events of a new stream. */
  readonly greeting: () => Buffer;
  readonly history: (ids: readonly number[], from: number) => Uint8Array;
  /** ms that never run backwards */
  readonly now: () => number;
  /** ms since 1970 */
  readonly wallNow: () => number;
}

/** Answers what browsers ask: the page's files, its stream of events, older samples, and the login. */
export class PageRequests {
  readonly #service: PageService;
  readonly #logins = new LoginLimit();

  constructor(service: PageService) {
    this.#service = service;
  }

  answer(request: IncomingMessage, response: ServerResponse): undefined {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { allowed } = this.#service;
    const { method = "", url = "", headers } = request;
    if (url.length > maxUrl) return refuse(response, 414, "The address is too long.");
    if (!allowed.allowsHost(headers.host))
      return refuse(response, 421, "This name isn't one that the dashboard is called by; see allowedHosts.");
    const [path = "", query = ""] = url.split("?", 2);
    if (method === "POST" && path === "/login") return this.#login(request, response);
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return refuse(response, 405, "Only GET.");
    }
    if (path === "/" || path === "/login") return this.#page(path, request, response);
    // All that follows is asked for by our own page.
    if (!allowed.isOwnOrigin(headers)) return refuse(response, 403, "Not from another site.");
    const file = this.#service.files.get(path);
    if (file !== undefined) return send(request, response, 200, file);
    if (path !== "/events" && path !== "/history") return refuse(response, 404, "There is no such page.");
    if (!this.#isLetIn(request)) return refuse(response, 401, "Log in first.");
    return path === "/events" ? this.#stream(request, response) : this.#history(query, response);
  }

  #isLetIn({ headers }: IncomingMessage): boolean {
    const { session, wallNow } = this.#service;
    return session === undefined || session.isLetIn(headers.cookie, wallNow());
  }

  #page(path: string, request: IncomingMessage, response: ServerResponse): undefined {
    const { files } = this.#service;
    if (path === "/login" && this.#isLetIn(request)) return redirect(response, "/");
    if (this.#isLetIn(request)) return send(request, response, 200, files.get("/")!);
    return send(request, response, path === "/login" ? 200 : 401, files.get("/login")!);
  }

  #stream(request: IncomingMessage, response: ServerResponse): undefined {
    const { streams, greeting } = this.#service;
    if (streams.isFull) {
      response.setHeader("Retry-After", "10");
      return refuse(response, 503, "Too many viewers at the same time.");
    }
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    streams.add(response, greeting());
  }

  #history(query: string, response: ServerResponse): undefined {
    const [, list = "", from = ""] = /^rows=(\d{1,9}(?:,\d{1,9})*)&from=(\d{1,15})$/.exec(query) ?? [];
    const ids = list.split(",").map(Number);
    if (list === "" || ids.length > maxHistoryRows)
      return refuse(response, 400, `Expected rows=1,2,3&from=<ms>, with at most ${maxHistoryRows} rows.`);
    response.writeHead(200, { "Content-Type": "application/octet-stream" });
    response.end(this.#service.history(ids, Number(from)));
  }

  #login(request: IncomingMessage, response: ServerResponse): undefined {
    const { session, allowed, now, wallNow } = this.#service;
    // A form that another site sends is refused; browsers say where a POST comes from.
    if (!allowed.isOwnOrigin(request.headers)) return refuse(response, 403, "Not from another site.");
    if (session === undefined) return redirect(response, "/");
    const address = request.socket.remoteAddress ?? "";
    const waitMs = this.#logins.waitMs(address, now());
    if (waitMs > 0) {
      response.setHeader("Retry-After", String(Math.ceil(waitMs / 1000)));
      return refuse(response, 429, "Too many wrong tokens. Wait a moment, then go back and try again.");
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
      if (body.length > maxLoginBytes && !response.headersSent) refuse(response, 413, "That is no token.");
    });
    request.on("end", () => {
      if (response.headersSent) return;
      // Many may have come in side by side: the limit holds for them, too.
      const isTooMany = this.#logins.waitMs(address, now()) > 0;
      if (!isTooMany && session.isToken(new URLSearchParams(body).get("token") ?? "")) {
        response.setHeader("Set-Cookie", session.issue(wallNow()));
        return redirect(response, "/");
      }
      this.#logins.failed(address, now());
      return redirect(response, "/login?wrong");
    });
  }
}

function send(request: IncomingMessage, response: ServerResponse, status: number, file: PageFile): undefined {
  const isGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const body = isGzip ? file.gzipped : file.plain;
  if (isGzip) response.setHeader("Content-Encoding", "gzip");
  response.writeHead(status, {
    "Content-Type": file.type,
    "Content-Length": body.length,
    Vary: "Accept-Encoding",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function redirect(response: ServerResponse, to: string): undefined {
  response.writeHead(303, { Location: to });
  response.end();
}

/** The connection is closed: what may still come of the request isn't read. */
function refuse(response: ServerResponse, status: number, why: string): undefined {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`${why}\n`);
}
