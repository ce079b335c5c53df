import { seededRandom } from "../../../measure/random.ts";
import { codingAssistantQueries } from "../../../tools/example/coding-assistant.ts";
import { shop } from "../database/shop-schema.ts";
import { zipfKeys } from "../key-distribution.ts";

/** Who visits how often. */
export interface VisitMix {
  /** Of a round that doesn't count, on all connections at once: they fill what the service keeps. */
  readonly warmup: number;
  /** Of a round, one after the other: each has the service to itself. */
  readonly alone: number;
  /** Of a round, on all connections at once. */
  readonly together: number;
  /** Rounds that don't count, the first ones. */
  readonly warmupRounds: number;
  /** Those that do. */
  readonly rounds: number;
  readonly connections: number;
  readonly seed: number;
}

/** What a visitor asks for. */
export interface Visit {
  readonly number: number;
  readonly user: number;
  readonly product: number;
  readonly category: number;
  /** Of the origin. */
  readonly resource: number;
  readonly query: string;
  /** Whether the user's row is written. */
  readonly writes: boolean;
}

/** What the service answers. */
export interface VisitReply {
  readonly number: number;
  readonly title: string;
  readonly best: readonly number[];
  readonly lines: number;
  readonly tools: readonly string[];
  readonly visits: number;
  readonly checksum: number;
}

/** Zipf's exponent of products, categories, users and queries, as in the rows of the database. */
const exponent = 0.99;
/** Of the origin's resources, as in the rows of the network. */
const resourceExponent = 0.75;
const resources = 1000;
const writeRate = 0.05;

/** All visits in their order: the same for the same seed. */
export function visitsOf({ warmup, alone, together, warmupRounds, rounds, seed }: VisitMix): Visit[] {
  const random = seededRandom(seed);
  const next = {
    user: zipfKeys(shop.users, exponent, seed + 1, random),
    product: zipfKeys(shop.products, exponent, seed + 2, random),
    category: zipfKeys(shop.categories, exponent, seed + 3, random),
    resource: zipfKeys(resources, resourceExponent, seed + 4, random),
    query: zipfKeys(codingAssistantQueries.length, exponent, seed + 5, random),
  };
  return Array.from({ length: warmupRounds * warmup + rounds * (alone + together) }, (_, number) => ({
    number,
    user: next.user(),
    product: next.product(),
    category: next.category(),
    resource: next.resource(),
    query: codingAssistantQueries[next.query() - 1]?.query ?? "",
    writes: random() < writeRate,
  }));
}
