import { cachedDataVersionTag, setFlagsFromString } from "node:v8";

/**
 * Switches a flag of V8, of all threads. V8 tells nobody how a flag stands, but what it tags compiled code with changes when a flag does.
 * @param name of a boolean flag, without dashes
 * @returns puts back how it stood, whoever had set it
 */
export function switchFlag(name: string, on: boolean): () => void {
  const set = (value: boolean): void => setFlagsFromString(`--${value ? "" : "no-"}${name}`);
  const before = cachedDataVersionTag();
  set(on);
  const stoodSo = cachedDataVersionTag() === before;
  return () => set(stoodSo ? on : !on);
}
