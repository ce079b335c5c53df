import { createHmac } from "node:crypto";
import { seededRandom } from "../../../measure/random.ts";

/** A request as it arrives. */
export interface SampleRequest {
  readonly kind: RequestKind;
  readonly search: string;
  readonly cookie: string;
  readonly acceptLanguage: string;
  readonly userAgent: string;
}

/** What a handler may want to know of its request. A part may need others. */
export interface RequestParts {
  query(): ReadonlyMap<string, string>;
  cookies(): ReadonlyMap<string, string>;
  /** `null` of a visitor who isn't signed in. */
  session(): Session | null;
  locale(): string;
  device(): string;
  permissions(): ReadonlySet<string>;
}
export const partsOfRequest = 6;

export interface Session {
  readonly user: number;
  readonly roles: readonly string[];
}

/** Kinds of request, how many of a hundred are of each, and what their handlers need. */
const kinds = {
  list: { share: 40, signedIn: 0.3 },
  item: { share: 30, signedIn: 0.3 },
  account: { share: 15, signedIn: 1 },
  update: { share: 10, signedIn: 1 },
  health: { share: 5, signedIn: 0 },
} as const;
export type RequestKind = keyof typeof kinds;

const secret = "not a secret: a sample";
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
];
const languages = ["de-CH,de;q=0.9,en;q=0.8", "en-US,en;q=0.9", "fr;q=0.7,it;q=0.9,*;q=0.1", "pt-BR"];
const supported = ["en", "de", "fr", "it"];
const grants: Readonly<Record<string, readonly string[]>> = {
  reader: ["read"],
  editor: ["read", "write", "comment"],
  admin: ["read", "write", "comment", "delete", "invite"],
};

/** @returns `count` requests, the same for the same seed */
export function sampleRequests(count: number, seed: number): SampleRequest[] {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const kindOf = (): RequestKind => {
    let left = random() * 100;
    for (const [kind, { share }] of Object.entries(kinds)) {
      left -= share;
      if (left < 0) return kind as RequestKind;
    }
    return "health";
  };
  return Array.from({ length: count }, () => {
    const kind = kindOf();
    const signedIn = random() < kinds[kind].signedIn;
    const session = { user: Math.floor(random() * 1e6), roles: [pick(Object.keys(grants)), "reader"] };
    const cookie = `theme=dark; consent=all${signedIn ? `; session=${signed(session)}` : ""}`;
    const search = `page=${Math.floor(random() * 50)}&sort=price&filter=in%20stock&id=${Math.floor(random() * 1e6)}`;
    return { kind, search, cookie, acceptLanguage: pick(languages), userAgent: pick(agents) };
  });
}

function signed(session: Session): string {
  const payload = Buffer.from(JSON.stringify(session)).toString("base64url");
  return `${payload}.${signatureOf(payload)}`;
}

const signatureOf = (payload: string): string =>
  createHmac("sha256", secret).update(payload).digest("base64url");

/** Makes the parts of requests, and counts what it made. */
export class RequestParser {
  /** Parts made so far. */
  computations = 0;

  query({ search }: SampleRequest): ReadonlyMap<string, string> {
    this.computations++;
    return new Map(new URLSearchParams(search));
  }

  cookies({ cookie }: SampleRequest): ReadonlyMap<string, string> {
    this.computations++;
    return new Map(cookie.split("; ").map((pair) => pair.split("=", 2) as [string, string]));
  }

  session(cookies: ReadonlyMap<string, string>): Session | null {
    this.computations++;
    const [payload = "", signature] = (cookies.get("session") ?? "").split(".");
    if (payload === "" || signatureOf(payload) !== signature) return null;
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Session;
  }

  locale({ acceptLanguage }: SampleRequest): string {
    this.computations++;
    const wanted = acceptLanguage.split(",").map((range) => {
      const [tag = "", q = "q=1"] = range.split(";");
      return { language: tag.slice(0, 2), quality: Number(q.slice(2)) };
    });
    wanted.sort((a, b) => b.quality - a.quality);
    return wanted.find(({ language }) => supported.includes(language))?.language ?? "en";
  }

  device({ userAgent }: SampleRequest): string {
    this.computations++;
    const browser = /(Firefox|Chrome|Safari)\/(\d+)/.exec(userAgent);
    return `${/Mobile|iPhone|Android/.test(userAgent) ? "phone" : "desktop"} ${browser?.[1]} ${browser?.[2]}`;
  }

  permissions(session: Session | null): ReadonlySet<string> {
    this.computations++;
    return new Set(session?.roles.flatMap((role) => grants[role] ?? []));
  }
}

/** What the service answers; each kind of request asks for the parts that it needs. */
export function handle({ kind }: SampleRequest, parts: RequestParts): string {
  switch (kind) {
    case "list":
      return `${parts.query().get("page")} ${parts.locale()} ${parts.device()} ${greeting(parts)}`;
    case "item":
      return `${parts.query().get("id")} ${parts.locale()} ${greeting(parts)}`;
    case "account":
      return `${parts.session()?.user} ${parts.locale()} ${[...parts.permissions()].join()}`;
    case "update":
      return parts.permissions().has("write") ? `${parts.query().get("id")} ${parts.session()?.user}` : "403";
    case "health":
      return "ok";
  }
}

/** Only who brings a session cookie has a session worth checking. */
const greeting = (parts: RequestParts): string =>
  parts.cookies().has("session") ? `user ${parts.session()?.user}` : "guest";
