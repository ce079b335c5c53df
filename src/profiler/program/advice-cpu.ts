/** Rules on where the time on the processor went. */
import { type Advice, type AdviceRule, type Findings, shareText } from "./advice.ts";
import type { CallTree } from "./call-tree.ts";
import { type CodePlace, ownerOf, placeOf } from "./code-place.ts";
import { hotFunctions } from "./hot-functions.ts";

/** Less than this isn't worth a change, whatever its share: ten samples could be chance. */
const leastMs = 50;
const jsonShare = 0.1;
const syncShare = 0.05;
const regexpShare = 0.1;
const stackShare = 0.1;
const hotShare = 0.3;
const busyShare = 0.8;

const isWorth = ({ activeMs }: Findings, ms: number, share: number): boolean =>
  ms >= leastMs && ms >= share * activeMs;

/** A function of the program, or of a package, in which much of the time is spent itself. */
export const hotRule: AdviceRule = (findings) => {
  const { tree, activeMs, sampledMs } = findings;
  // In a program that mostly waits, the hottest function is no fault.
  if (activeMs < busyShare * sampledMs) return [];
  return hotFunctions(tree)
    .filter(({ place, selfMs }) => isWorth(findings, selfMs, hotShare) && isCode(place.file))
    .map(({ place, selfMs, hotLine, hotLineMs }) => ({
      rule: "hot-function",
      place: hotLine > 0 ? { ...place, line: hotLine, column: 0 } : place,
      evidence:
        `${place.name || "A function without a name"} itself takes ${shareText(selfMs, activeMs)}` +
        (hotLine > 0 ? `, ${Math.round(hotLineMs)} ms of it on this line.` : "."),
      advice:
        "Call it less often (keep its results), give it less to do, or a better algorithm; what must be computed can be on a worker thread.",
      ms: selfMs,
    }));
};

const isCode = (file: string): boolean => file !== "" && !file.startsWith("node:");

/** V8 counts the time of JSON's functions to the line that calls them. */
export const jsonRule: AdviceRule = (findings) => {
  const { tree, sources, activeMs } = findings;
  return tree.frames.flatMap((frame, fn) => {
    const place = placeOf(frame);
    return Array.from(tree.linesUs[fn] ?? []).flatMap(([line, us]): Advice[] => {
      if (!isWorth(findings, us / 1000, jsonShare)) return [];
      const what = /\bJSON\s*\.\s*(parse|stringify)\b/.exec(sources.line(place.file, line) ?? "")?.[1];
      if (what === undefined) return [];
      return [
        {
          rule: "json",
          place: { ...place, line, column: 0 },
          evidence: `The line that calls JSON.${what} takes ${shareText(us / 1000, activeMs)}.`,
          advice:
            what === "parse"
              ? "Parse less often (keep the parsed value), or less (send or read only what is used); large documents belong on a worker thread."
              : "Serialize less often (keep the text of what doesn't change), or less; large documents belong on a worker thread.",
          ms: us / 1000,
        },
      ];
    });
  });
};

const syncModules = /^node:(?:internal\/)?(?:fs|crypto|zlib|child_process)\b/;

/** Calls of Node's synchronous functions by the program, those that load modules aside. */
export const syncRule: AdviceRule = (findings) => {
  if (!findings.loopTurned) return [];
  const isSync = (tree: CallTree, node: number): boolean => {
    const { functionName, url } = tree.frameOf(node);
    return functionName.endsWith("Sync") && syncModules.test(url);
  };
  return fromProgram(findings, isSync, syncShare).map(({ place, name, ms }) => ({
    rule: "sync-call",
    place,
    evidence: `${name} takes ${shareText(ms, findings.activeMs)}, and the event loop waits for it.`,
    advice: `Call the asynchronous form of ${name}, or do it on a worker thread; what doesn't change can be done once, at the start.`,
    ms,
  }));
};

/** Nested quantifiers, or an unanchored one up to the end: what such a pattern costs can grow with a power of the text's length. */
const backtracking = [/\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)(?:[+*]|\{\d+,)/, /^(?!\^).*[^\\][+*]\$$/];

export const regexpRule: AdviceRule = (findings) => {
  const prefix = "RegExp: ";
  const isBacktracking = (tree: CallTree, node: number): boolean => {
    const { functionName, url } = tree.frameOf(node);
    return (
      url === "" &&
      functionName.startsWith(prefix) &&
      backtracking.some((pattern) => pattern.test(functionName.slice(prefix.length, prefix.length + 1000)))
    );
  };
  return fromProgram(findings, isBacktracking, regexpShare).map(({ place, name, ms }) => ({
    rule: "regexp",
    place,
    evidence: `The regular expression ${name.slice(prefix.length)} takes ${shareText(ms, findings.activeMs)}.`,
    advice:
      "It can try the same text in many ways. Write it so that one text matches in one way only (no quantifier within a quantifier, an anchor in front), limit the text's length, or search by hand.",
    ms,
  }));
};

export const stackRule: AdviceRule = (findings) => {
  const isTrace = (tree: CallTree, node: number): boolean => {
    const { functionName, url } = tree.frameOf(node);
    return url.startsWith("node:internal/") && /^prepareStackTrace/.test(functionName);
  };
  return fromProgram(findings, isTrace, stackShare).map(({ place, ms }) => ({
    rule: "stack-traces",
    place,
    evidence: `Stack traces take ${shareText(ms, findings.activeMs)}.`,
    advice:
      "Don't read `stack` of errors that are expected; where failing is ordinary, return a value instead of throwing.",
    ms,
  }));
};

interface Caller {
  readonly place: CodePlace;
  readonly name: string;
  readonly ms: number;
}

/** What is found, with all that it calls, added up by the function of the program (else of a package) that it was for. */
function fromProgram(
  findings: Findings,
  matches: (tree: CallTree, node: number) => boolean,
  share: number,
): Caller[] {
  const { tree } = findings;
  const totals = tree.totalsUs();
  const found = new Map<string, { readonly caller: number; readonly name: string; us: number }>();
  for (let node = 1; node < totals.length; node++) {
    if (!matches(tree, node) || hasAbove(tree, node, matches)) continue;
    const caller = callerOf(tree, node);
    if (caller === undefined) continue;
    const name = placeOf(tree.frameOf(node)).name;
    const key = `${tree.functionOf[caller]}:${name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { caller, name, us: totals[node] ?? 0 });
    else known.us += totals[node] ?? 0;
  }
  return Array.from(found.values(), ({ caller, name, us }) => ({
    place: placeOf(tree.frameOf(caller)),
    name,
    ms: us / 1000,
  })).filter(({ ms }) => isWorth(findings, ms, share));
}

function hasAbove(tree: CallTree, node: number, matches: (tree: CallTree, node: number) => boolean): boolean {
  for (let at = tree.parentOf[node] ?? 0; at > 0; at = tree.parentOf[at] ?? 0)
    if (matches(tree, at)) return true;
  return false;
}

/** @returns `undefined` when Node does it by itself, or to load a module */
function callerOf(tree: CallTree, node: number): number | undefined {
  let inPackage: number | undefined;
  for (let at = tree.parentOf[node] ?? 0; at > 0; at = tree.parentOf[at] ?? 0) {
    const { url } = tree.frameOf(at);
    const owner = ownerOf(url);
    if (owner === "program") return at;
    if (owner === "package") inPackage ??= at;
    else if (inPackage === undefined && url.startsWith("node:internal/modules/")) return undefined;
  }
  return inPackage;
}
