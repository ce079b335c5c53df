import { parentPort } from "node:worker_threads";
import task from "./worker-task.ts";

parentPort?.on("message", ([id, ms]: [number, number]) => parentPort?.postMessage([id, task(ms)]));
