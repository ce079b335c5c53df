import type { IncomingMessage } from "node:http";
import { seededRandom } from "../../../measure/random.ts";

/** Who orders how much. */
export interface OrderMix {
  readonly requests: number;
  /** Sessions that are open, before and after. */
  readonly sessions: number;
  readonly seed: number;
}

export interface Order {
  readonly number: number;
  readonly lines: readonly OrderLine[];
  /** Whether the session ends with it. */
  readonly isLast: boolean;
}

export interface OrderLine {
  readonly sku: string;
  readonly title: string;
  readonly quantity: number;
  readonly cents: number;
}

export interface OrderReply {
  readonly number: number;
  readonly cents: number;
  readonly inCart: number;
  readonly orders: number;
  readonly checksum: number;
}

const linesOfOrder = 20;
const articles = 5000;
/** Of the orders, those after which a session ends, and another begins. */
const lastRate = 0.3;

export const sessionName = (i: number): string => `session-${String(i).padStart(8, "0")}`;

/** The id of the session that a request belongs to. */
export const sessionOf = (request: IncomingMessage): string => String(request.headers["x-session"]);

/** One order after the other, each with its session: the same for the same seed. */
export function* ordersOf({
  requests,
  sessions,
  seed,
}: OrderMix): Iterable<readonly [id: string, order: Order]> {
  const random = seededRandom(seed);
  const open = Array.from({ length: sessions }, (_, i) => i);
  let opened = sessions;
  for (let number = 0; number < requests; number++) {
    const place = Math.floor(random() * sessions);
    const session = open[place] as number;
    const isLast = random() < lastRate;
    if (isLast) open[place] = opened++;
    const lines = Array.from({ length: linesOfOrder }, (): OrderLine => {
      const article = Math.floor(random() * articles);
      return {
        sku: `sku-${String(article).padStart(6, "0")}`,
        title: `Article number ${article} of the catalogue`,
        quantity: 1 + Math.floor(random() * 5),
        cents: 100 + article,
      };
    });
    yield [sessionName(session), { number, lines, isLast }];
  }
}
