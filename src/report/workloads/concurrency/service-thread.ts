/** A worker thread: the service that tasks ask, by a message with their id. */
import { parentPort, workerData } from "node:worker_threads";
import { answerTo, type Service, workOf } from "./service.ts";
import { SharedProcessors } from "./shared-processors.ts";

const service = workerData as Service;
const server = new SharedProcessors(service.processors, performance.now());
let timer: NodeJS.Timeout | undefined;

function answer(nowMs: number): void {
  for (const id of server.finished(nowMs)) parentPort?.postMessage([id, answerTo(id)]);
}

function lookLater(): void {
  clearTimeout(timer);
  const nextMs = server.nextMs;
  if (nextMs === Number.POSITIVE_INFINITY) return;
  timer = setTimeout(
    () => {
      answer(performance.now());
      lookLater();
    },
    Math.max(0, nextMs - performance.now()),
  );
}

parentPort?.on("message", (id: number) => {
  const nowMs = performance.now();
  answer(nowMs);
  server.begin(id, workOf(service, id), nowMs);
  lookLater();
});
parentPort?.postMessage("ready");
