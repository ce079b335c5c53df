import { workerData } from "node:worker_threads";
import type { ThreadData, ToThread } from "./worker-protocol.ts";
import { TaskRunner } from "./worker-runner.ts";
import { TaskSlots } from "./worker-slots.ts";

/** What each thread of a pool runs. It has a port of its own, so that tasks may use `parentPort` as they like. */
const { port, slots } = workerData as ThreadData;
// A module that finds a port there talks on it, and the pool takes what it says for answers.
delete workerData.port;
// What a task puts in its place, such as a test's clock, says nothing of how long tasks take.
const now = performance.now.bind(performance);
const runner = new TaskRunner(port, new TaskSlots(slots), now);

port.on("message", (message: ToThread) => runner.receive(message));
port.on("messageerror", (error) => runner.unreadable(error));
// Also after an uncaught exception, and before it is reported: what was done stays done.
process.on("exit", () => runner.flush());
port.postMessage("ready");
