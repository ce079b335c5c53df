import type { HeapProfile, HeapProfileNode } from "../../src/memory/leaks/allocation-site.ts";

/** A function by name, or by name and file, and what it has alive. */
export interface ProfiledFunction {
  readonly name: string;
  readonly url?: string;
  readonly bytes?: number;
  readonly calls?: readonly ProfiledFunction[];
}

/** A sampling heap profile with these functions on top; each begins in line 10, column 3. */
export function heapProfile(...functions: readonly ProfiledFunction[]): HeapProfile {
  const node = ({
    name,
    url = "file:///app.js",
    bytes = 0,
    calls = [],
  }: ProfiledFunction): HeapProfileNode => ({
    callFrame: { functionName: name, url, lineNumber: 9, columnNumber: 2 },
    selfSize: bytes,
    children: calls.map(node),
  });
  return { head: node({ name: "(root)", url: "", calls: functions }) };
}
