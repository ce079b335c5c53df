import { seededRandom } from "../../../measure/random.ts";

/** What a program does with its memory, as the collector sees it. */
export type TuningWork = "sessions" | "json";

export const liveSessions = 50_000;

const rows = JSON.stringify(
  Array.from({ length: 30 }, (_, i) => ({ id: i, name: `name ${i}`, tags: ["a", "b"], price: i * 1.5 })),
);

/** @returns does one operation, and gives its part of the answer */
export function tuningStep(work: TuningWork, seed: number): () => number {
  return work === "json" ? json() : sessions(seed);
}

/** Text to objects and back; nothing stays. */
function json(): () => number {
  let number = 0;
  return () => {
    const parsed = JSON.parse(rows) as { id: number }[];
    (parsed[0] as { id: number }).id = ++number;
    return JSON.stringify(parsed).length;
  };
}

/** Each takes the place of another, which then may go. */
function sessions(seed: number): () => number {
  const random = seededRandom(seed);
  const held = new Array<{ readonly id: number; readonly roles: readonly number[] } | undefined>(
    liveSessions,
  );
  let number = 0;
  const replace = (): number => {
    number++;
    const place = Math.floor(random() * liveSessions);
    const former = held[place]?.id ?? 0;
    held[place] = {
      id: number,
      roles: [number, number + 1],
      ...{ user: `user ${number}`, last: { x: number, y: former } },
    };
    return former;
  };
  for (let i = 0; i < liveSessions; i++) replace();
  return replace;
}
