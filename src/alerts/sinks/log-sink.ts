import { callable, knownKeys, oneOf } from "../../options.ts";
import { type AlertNotification, type AlertSink, notificationText } from "../notification.ts";

export interface LogSinkOptions {
  /** `text` for people, `json` for machines: one line either way. @default "text" */
  readonly format?: "text" | "json" | undefined;
  /** Gets each line, without its end. @default writes to standard error */
  readonly write?: ((line: string) => void) | undefined;
}

/** Writes each notification as one line. @throws {TypeError | RangeError} on a wrong option */
export function logSink(options: LogSinkOptions = {}): AlertSink {
  knownKeys("logSink", options, ["format", "write"]);
  const { format = "text", write = (line: string): void => void process.stderr.write(`${line}\n`) } = options;
  oneOf("format", format, ["text", "json"]);
  callable("write", write);
  const lineOf = (notification: AlertNotification): string =>
    format === "json" ? JSON.stringify(notification) : notificationText(notification);
  return { name: "log", notify: (notification) => write(lineOf(notification)) };
}
