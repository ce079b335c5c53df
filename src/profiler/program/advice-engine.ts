/** Rules on what V8 and the event loop tell of themselves. */
import { type Advice, type AdviceRule, shareText } from "./advice.ts";
import { type CodePlace, ownerOf } from "./code-place.ts";
import type { LoopBlock } from "./loop-blocks.ts";

const gcShare = 0.1;
const gcLeastMs = 100;
/** V8 gives a function up after a few wrong guesses of one kind; so many at one place mean that it guesses anew. */
const deoptLoop = 5;
/** No wrong guess: code that had not run yet when it was compiled, mostly what comes after a long loop. */
const notRunYet = /^Insufficient type feedback/;

export const gcRule: AdviceRule = ({ gc, activeMs, allocations }) => {
  const ms = Object.values(gc).reduce((sum, { totalMs }) => sum + totalMs, 0);
  if (ms < gcLeastMs || ms < gcShare * activeMs) return [];
  const all = allocations.reduce((sum, { bytes }) => sum + bytes, 0);
  const owned = (owner: string) => allocations.find(({ place }) => ownerOf(place.file) === owner);
  const site = owned("program") ?? owned("package");
  if (site === undefined) return [];
  const isYoung = (gc.minor?.totalMs ?? 0) > ms / 2;
  return [
    {
      rule: "gc",
      place: site.place,
      evidence: `Garbage collection takes ${shareText(ms, activeMs)}; ${site.place.name} allocates ${Math.round((100 * site.bytes) / all)} % of all bytes.`,
      advice: isYoung
        ? "Allocate less there (reuse objects and buffers, avoid copies in loops); if that can't be, a larger young generation (--max-semi-space-size) makes collections rarer."
        : "Most of it is for objects that live on: look at what is kept (caches without a bound, large arrays that grow), or give the heap more room (--max-old-space-size).",
      ms,
    },
  ];
};

export const blockedRule: AdviceRule = ({ blocks }) => {
  const placed = blocks.filter(
    (block): block is LoopBlock & { place: CodePlace } => block.place !== undefined,
  );
  const groups = Map.groupBy(placed, ({ place }) => `${place.file}:${place.line}:${place.column}`);
  return Array.from(groups.values(), (group): Advice => {
    const [first] = group as [(typeof group)[0]];
    const longest = Math.round(Math.max(...group.map(({ durationMs }) => durationMs)));
    const ms = group.reduce((sum, { placeMs }) => sum + placeMs, 0);
    return {
      rule: "loop-blocked",
      place: first.place,
      evidence: `The event loop stood still for ${group.length === 1 ? `${longest} ms` : `more than 50 ms, ${group.length} times, for up to ${longest} ms`} while ${first.place.name} ran.`,
      advice:
        "Nothing else is answered meanwhile. Do it in parts with a turn of the event loop in between, or on a worker thread.",
      ms,
    };
  });
};

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /map|call target/i,
    "Objects of different shapes, or different functions, come by here: make all of them with the same properties in the same order, and let code that handles different kinds have a function for each.",
  ],
  [
    /smi|overflow|heap ?number|double|not a number|lost precision/i,
    "Numbers of different kinds come by here (small integers, fractions, or no numbers): keep a variable to one kind.",
  ],
  [
    /bounds|hole|elements/i,
    "Elements outside of an array, or holes in it, are read here: check the length first, and fill arrays from the front.",
  ],
];

export const deoptRule: AdviceRule = ({ deopts }) =>
  deopts
    .filter(
      ({ count, place, reason }) =>
        !notRunYet.test(reason) &&
        count >= deoptLoop &&
        place.line > 0 &&
        ["program", "package"].includes(ownerOf(place.file)),
    )
    .map(({ place, reason, count }) => ({
      rule: "deopt-loop",
      place,
      evidence: `V8 threw optimized code away here ${count} times, each for "${reason}".`,
      advice:
        remedies.find(([pattern]) => pattern.test(reason))?.[1] ??
        "What comes by here changes all the time: keep types and shapes the same from call to call.",
      ms: 0,
    }));
