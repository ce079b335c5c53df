import { type Command, InvalidArgumentError } from "commander";

interface DashboardFlags {
  readonly port: number;
  readonly host: string;
  readonly allowedHost: readonly string[];
  readonly interval: number;
}

/** OpenTelemetry's and our own default for a metrics endpoint. */
const defaultTarget = "http://127.0.0.1:9464/metrics";

/** Adds `victor dashboard`. @param finish is told the exit code */
export function addDashboardCommand(program: Command, finish: (exitCode: number) => void): void {
  const within = (least: number, most: number) => (text: string) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`expected an integer from ${least} to ${most}.`);
    return value;
  };
  program
    .command("dashboard")
    .description("a live page of the metrics of running programs, read from their Prometheus endpoints")
    .argument("[urls...]", `metrics endpoints (default: ${defaultTarget})`)
    .option("--port <n>", "where to serve the page; 0 takes a free port", within(0, 65_535), 7070)
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--allowed-host <names...>", "further names by which browsers may call it", [])
    .option("--interval <ms>", "time from sample to sample", within(250, 60_000), 1000)
    .addHelpText(
      "after",
      `
Environment:
  VICTOR_DASHBOARD_TOKEN  what a viewer must know (at least 16 characters); needed for a --host that others can reach
  VICTOR_METRICS_TOKEN    sent to the endpoints as "Authorization: Bearer"

A program can also serve the page itself, with slow queries, leak suspects, rollouts and alerts:
  import { startDashboard } from "victor-optimizations/dashboard";
  const { url } = await startDashboard({ registry });`,
    )
    .action(async (urls: string[], flags: DashboardFlags) => finish(await serve(urls, flags)));
}

async function serve(urls: readonly string[], flags: DashboardFlags): Promise<number> {
  const { scrapeMetrics, startDashboard } = await import("../dashboard/index.ts");
  const { VictorError } = await import("../errors.ts");
  const targets = urls.length === 0 ? [defaultTarget] : urls;
  const { VICTOR_DASHBOARD_TOKEN: token, VICTOR_METRICS_TOKEN: bearerToken } = process.env;
  try {
    const scraped = scrapeMetrics({
      targets,
      bearerToken: bearerToken || undefined,
      timeoutMs: flags.interval,
    });
    await using dashboard = await startDashboard({
      registry: scraped,
      refresh: () => scraped.refresh(),
      alerts: scraped,
      title: targets.map((target) => URL.parse(target)?.host).join(", "),
      port: flags.port,
      host: flags.host,
      allowedHosts: flags.allowedHost,
      intervalMs: flags.interval,
      token: token || undefined,
    });
    process.stdout.write(`${dashboard.url} shows ${targets.join(", ")}; Ctrl-C ends it\n`);
    return await untilSignal();
  } catch (error) {
    const isOurs = error instanceof VictorError;
    if (!isOurs && !(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    process.stderr.write(`error: ${error.message}${isOurs ? ` [${error.code}]` : ""}\n`);
    return isOurs ? 1 : 2;
  }
}

/** @returns the exit code once the user has had enough */
async function untilSignal(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  // The page's server keeps no process alive; this does.
  const awake = setInterval(() => {}, 2 ** 30);
  process.once("SIGINT", () => resolve(130));
  process.once("SIGTERM", () => resolve(130));
  const code = await promise;
  clearInterval(awake);
  return code;
}
