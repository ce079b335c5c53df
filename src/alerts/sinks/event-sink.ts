import { EventEmitter } from "node:events";
import { reject, rejectType } from "../../options.ts";
import type { AlertSink } from "../notification.ts";

/**
 * Emits each notification: to an `EventTarget` as `CustomEvent` with the notification as `detail`, to an `EventEmitter`
 * as argument. What an emitter's listener throws is counted as failed; an event target reports it as uncaught.
 * @param type of the event, not "error" @default "alert"
 * @throws {TypeError | RangeError} when the target is neither, or the type is not fit
 */
export function eventSink(target: EventTarget | EventEmitter, type = "alert"): AlertSink {
  if (typeof type !== "string" || type === "" || type === "error")
    reject("type", 'a name of an event, not "error"', type);
  if (target instanceof EventEmitter)
    return { name: "event", notify: (notification) => void target.emit(type, notification) };
  if (!(target instanceof EventTarget))
    return rejectType("target", "an EventTarget or an EventEmitter", target);
  return {
    name: "event",
    notify: (notification) => void target.dispatchEvent(new CustomEvent(type, { detail: notification })),
  };
}
