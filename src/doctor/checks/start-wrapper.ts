import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, unknown } from "../finding.ts";

const id = "start-wrapper";

/** Does the Dockerfile start the program by npm, or by a shell? */
export function checkStartWrapper({ project }: DoctorFacts): Finding[] {
  if ("unknown" in project) return [unknown(id, project.unknown)];
  const { dockerfile } = project.value;
  if (dockerfile === undefined) return [ok(id, "no Dockerfile")];
  if ("unknown" in dockerfile) return [unknown(id, dockerfile.unknown)];
  const line = dockerfile.value
    .match(/^\s*(?:CMD|ENTRYPOINT)\s.*$/gim)
    ?.at(-1)
    ?.trim();
  if (line === undefined) return [ok(id, "the Dockerfile says nothing of a command")];
  const wrapper = /\b(npm|npx|yarn|pnpm)\b/.exec(line)?.[1];
  const isShellForm = !/^(?:CMD|ENTRYPOINT)\s+\[/i.test(line) && !/\bexec\b/.test(line);
  if (wrapper === undefined && !isShellForm) return [ok(id, line)];
  return [
    advice(id, {
      what: `the Dockerfile's last word is ${line}`,
      why: `${wrapper ?? "a shell"} stands between the container and the program, which may not hear SIGTERM, and is one process more`,
      source: "https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#cmd",
      mend: 'CMD ["node", "app.js"]',
    }),
  ];
}
