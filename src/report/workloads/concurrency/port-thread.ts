/** A worker thread: does one task for each message. */
import { parentPort } from "node:worker_threads";
import { ofPair } from "./edit-distance.ts";

parentPort?.on("message", (pair: readonly [string, string]) => parentPort?.postMessage(ofPair(pair)));
