import { seededRandom } from "../../../measure/random.ts";
import { codingAssistantQueries } from "../../../tools/example/coding-assistant.ts";
import type { SelectContext } from "../../../tools/select-context.ts";

/** One selection that is asked for. */
export interface AskedSelection {
  readonly query: string;
  readonly context: SelectContext;
}

/** `popular` queries come again and again, `fresh` ones never; conversations grow by two messages a turn. */
export type Traffic = "fresh" | "popular" | "mixed" | "conversations" | "tasks";

const taskTypes = ["debugging", "review", "release", "database", "refactoring", "operations"];
const none: SelectContext = Object.freeze({});
const messageLength = 200;
const turns = 10;
const popularQueries = 40;

/** @returns `count` selections, the same for the same seed */
export function sampleQueries(traffic: Traffic, count: number, seed: number): AskedSelection[] {
  const random = seededRandom(seed);
  const choose = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const popular = codingAssistantQueries.slice(0, popularQueries).map(({ query }) => query);
  const fresh = (i: number): string => `${choose(codingAssistantQueries).query} (${i})`;
  const makers: Readonly<Record<Traffic, (i: number) => AskedSelection>> = {
    fresh: (i) => ({ query: fresh(i), context: none }),
    popular: () => ({ query: choose(popular), context: none }),
    mixed: (i) => ({ query: random() < 0.5 ? choose(popular) : fresh(i), context: none }),
    tasks: (i) => ({
      query: random() < 0.5 ? choose(popular) : fresh(i),
      context: { taskType: choose(taskTypes) },
    }),
    conversations: (i) => conversation(Math.floor(i / 2)),
  };
  return Array.from({ length: count }, (_, i) => makers[traffic](i));
}

/** Every turn is asked for twice, as an agent does that plans and then acts. */
function conversation(number: number): AskedSelection {
  const turn = number % turns;
  const talk = Math.floor(number / turns);
  const texts = Array.from({ length: 2 * turn + 1 }, (_, i) => {
    const { query } = codingAssistantQueries[(talk * 31 + i) % codingAssistantQueries.length]!;
    return `${query} (${talk}). `.repeat(Math.ceil(messageLength / query.length)).slice(0, messageLength);
  });
  const history = texts.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }));
  const { query } = codingAssistantQueries[(talk * 31 + turn) % codingAssistantQueries.length]!;
  return { query, context: { history } };
}
