import type { DoctorFacts } from "../facts.ts";
import { advice, type Finding, ok, problem, unknown } from "../finding.ts";

const id = "node-env";
const usual = ["production", "development", "test"];
/** Packages that do more work unless `NODE_ENV` is "production", and say so. */
const sources: Readonly<Record<string, string>> = {
  express: "https://expressjs.com/en/advanced/best-practice-performance.html#set-node_env-to-production",
  "react-dom": "https://react.dev/reference/react-dom/server",
};

/** Is `NODE_ENV` a word that packages know, and "production" where it counts? */
export function checkNodeEnv({ env, project }: DoctorFacts): Finding[] {
  if ("unknown" in env) return [unknown(id, env.unknown)];
  const value = env.value.NODE_ENV;
  const what = value === undefined ? "NODE_ENV isn't set" : `NODE_ENV=${value}`;
  const source =
    "https://nodejs.org/en/learn/getting-started/nodejs-the-difference-between-development-and-production";
  if (value !== undefined && !usual.includes(value))
    return [
      problem(id, {
        what,
        why: `packages compare with the very words ${usual.join(", ")}, and take another for development`,
        source,
        mend: "NODE_ENV=production",
      }),
    ];
  const dependencies = "value" in project ? Object.keys(project.value.dependencies) : [];
  const affected = Object.keys(sources).filter((name) => dependencies.includes(name));
  if (value === "production" || affected.length === 0) return [ok(id, what)];
  return [
    advice(id, {
      what,
      why: `${affected.join(" and ")} ${affected.length > 1 ? "do" : "does"} more work then; in production it should be set`,
      source: sources[affected[0]!]!,
      mend: "NODE_ENV=production",
    }),
  ];
}
