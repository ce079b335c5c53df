/** UCUM to the words that Prometheus uses. @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
const unitWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    d: "days",
    h: "hours",
    min: "minutes",
    s: "seconds",
    ms: "milliseconds",
    us: "microseconds",
    ns: "nanoseconds",
    By: "bytes",
    KiBy: "kibibytes",
    MiBy: "mebibytes",
    GiBy: "gibibytes",
    kBy: "kilobytes",
    MBy: "megabytes",
    GBy: "gigabytes",
    m: "meters",
    V: "volts",
    A: "amperes",
    J: "joules",
    W: "watts",
    g: "grams",
    Cel: "celsius",
    Hz: "hertz",
    "%": "percent",
  }),
);
const perWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    s: "second",
    min: "minute",
    h: "hour",
    d: "day",
  }),
);

/**
 * A metric's name as Prometheus wants it: `db.client.operation.duration` in `s` becomes
 * `db_client_operation_duration_seconds`, a counter ends in `_total`, a gauge of unit `1` in `_ratio`.
 */
export function prometheusName(
  type: "counter" | "gauge" | "histogram",
  name: string,
  unit: string | undefined,
): string {
  let base = name.replace(/[^A-Za-z0-9_:]+/g, "_").replace(/^(?=\d)/, "_");
  if (type === "counter") base = base.replace(/_total$/, "");
  const suffix = unitSuffix(type, unit);
  if (suffix && !`_${base}`.endsWith(`_${suffix}`)) base += `_${suffix}`;
  return type === "counter" ? `${base}_total` : base;
}

/** A label's name as Prometheus wants it: `db.system.name` becomes `db_system_name`. */
export function prometheusLabel(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d|$)/, "_");
}

/** A unit as it stands at the end of a metric's name: `s` is `seconds`; empty when there is none. */
export function unitSuffix(type: "counter" | "gauge" | "histogram", unit = ""): string {
  // What stands in braces is a remark: `{request}`.
  const plain = unit.replace(/\{[^}]*\}/g, "");
  if (plain === "1") return type === "gauge" ? "ratio" : "";
  const [amount = "", per] = plain.split("/");
  const words = [unitWords.get(amount) ?? amount];
  if (per) words.push("per", perWords.get(per) ?? per);
  return words
    .filter(Boolean)
    .join("_")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
