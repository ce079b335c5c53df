import { join } from "node:path";
import type { Reading } from "./facts.ts";
import { regularFileText } from "./regular-file.ts";

/** Reads the text of a file, without blanks at its ends, below a root. @throws what the system says */
export type FileReader = (path: string) => string;

/** @param root another in tests */
export function fileReader(root = "/"): FileReader {
  return (path) => regularFileText(join(root, path)).trim();
}

/** What `read` gives, or why it doesn't: the system's own code and the path, or the error's words. */
export function reading<T>(what: string, read: () => T): Reading<T> {
  try {
    return { value: read() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { unknown: code === undefined ? `${what}: ${message}` : `${what} can't be read (${code})` };
  }
}

/** Of a text that has to be a whole number. @throws where it isn't */
export function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text))
    throw new Error(`a whole number was expected, not ${JSON.stringify(text)}`);
  return Number(text);
}
