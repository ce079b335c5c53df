import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "init-process";
const unsuited = /^(?:node|npm|npx|yarn|pnpm|MainThread|node-MainThread)\b/;

/** Is process 1 a program that wasn't written to be that? */
export function checkInitProcess({ init }: DoctorFacts): Finding[] {
  if ("unknown" in init) return [unknown(id, init.unknown)];
  const what = `process 1 is ${init.value}`;
  if (!unsuited.test(init.value)) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: "process 1 gets no signal that it doesn't handle, so SIGTERM doesn't end it, and it has to reap what others leave behind",
      source: "https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#handling-kernel-signals",
      mend: "docker run --init (compose: init: true; Kubernetes: shareProcessNamespace, or tini in the image)",
    }),
  ];
}
