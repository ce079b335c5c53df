import { dateWriter } from "./date-text.ts";
import type { PrepareValue } from "./pg-client.ts";

/** Parameters of many rows, one array a parameter, in PostgreSQL's text form. */
export interface ColumnArrays {
  readonly literals: readonly string[];
  /** For each parameter: was there a buffer among its values? Buffers stand there as bytea is written. */
  readonly buffers: readonly boolean[];
}

/**
 * @param width number of parameters that each row must have
 * @returns `undefined` when a row is shorter or longer
 * @throws whatever `prepareValue` throws of a value that can't be converted
 */
export function columnArrays(
  rows: readonly (readonly unknown[])[],
  width: number,
  prepareValue: PrepareValue,
): ColumnArrays | undefined {
  if (rows.some((row) => row.length !== width)) return undefined;
  const writeDate = dateWriter(prepareValue);
  const literals: string[] = [];
  const buffers: boolean[] = [];
  for (let column = 0; column < width; column++) {
    let list = "";
    let hasBuffer = false;
    for (const row of rows) {
      const raw = row[column];
      // These three, which most values are, come out of pg's conversion as they come out of a template.
      if (typeof raw === "number" || typeof raw === "boolean") {
        list += `,${raw}`;
        continue;
      }
      const value = typeof raw === "string" ? raw : isPlainDate(raw) ? writeDate(raw) : prepareValue(raw);
      if (value === null) list += ",NULL";
      else if (typeof value === "string") list += `,${quoted(value)}`;
      else {
        list += `,"\\\\x${value.toString("hex")}"`;
        hasBuffer = true;
      }
    }
    literals.push(`{${list.slice(1)}}`);
    buffers.push(hasBuffer);
  }
  return { literals, buffers };
}

function isPlainDate(value: unknown): value is Date {
  return value instanceof Date && Object.getPrototypeOf(value) === Date.prototype;
}

function quoted(value: string): string {
  if (!value.includes('"') && !value.includes("\\")) return `"${value}"`;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
