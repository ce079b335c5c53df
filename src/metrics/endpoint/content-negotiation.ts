import type { ExpositionFormat } from "../exposition-format.ts";

interface Range {
  /** In lower case, without parameters. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1. */
  readonly quality: number;
}

/**
 * What to answer to an `Accept` header: OpenMetrics where the client would rather have it, Prometheus' text otherwise,
 * also to clients that accept neither, as all exporters do.
 */
export function formatFor(accept: string | undefined): ExpositionFormat {
  let openMetrics = 0;
  let text = 0;
  for (const { name, parameters, quality } of ranges(accept)) {
    const version = parameters.get("version");
    if (name === "application/openmetrics-text" && (version === undefined || version === "1.0.0"))
      openMetrics = Math.max(openMetrics, quality);
    if (["text/plain", "text/*", "*/*"].includes(name) && (version === undefined || version === "0.0.4"))
      text = Math.max(text, quality);
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

/** Whether an `Accept-Encoding` header takes gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const all = ranges(acceptEncoding);
  const asked =
    all.find(({ name }) => name === "gzip" || name === "x-gzip") ?? all.find(({ name }) => name === "*");
  return asked !== undefined && asked.quality > 0;
}

function ranges(header = ""): readonly Range[] {
  return header
    .split(",")
    .map((range) => {
      const [name = "", ...rest] = range.split(";").map((part) => part.trim().toLowerCase());
      const parameters = new Map(
        rest.map((part) => {
          const [key = "", value = ""] = part.split("=");
          return [key.trim(), value.trim().replace(/^"(.*)"$/, "$1")] as const;
        }),
      );
      return { name, parameters, quality: qualityOf(parameters.get("q")) };
    })
    .filter(({ name }) => name !== "");
}

function qualityOf(given: string | undefined): number {
  if (given === undefined) return 1;
  const quality = Number(given);
  return quality >= 0 && quality <= 1 ? quality : 0;
}
