/** What stands for a figure that isn't there. */
export const none = "–";

const secondsOf: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Three digits that count: `0.123`, `12.3`, `1,234`. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) {
    const [scale, sign] = size >= 1e12 ? [1e12, "T"] : size >= 1e9 ? [1e9, "G"] : [1e6, "M"];
    return `${(value / scale).toPrecision(3)} ${sign}`;
  }
  if (Number.isInteger(value) || size >= 100) return grouped.format(value);
  if (size < 0.001 && size > 0) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size >= 172_800) return `${digits(value / 86_400)} d`;
  if (size >= 7_200) return `${digits(value / 3_600)} h`;
  if (size >= 120) return `${digits(value / 60)} min`;
  if (size >= 1) return `${digits(value)} s`;
  if (size >= 1e-3) return `${digits(value * 1e3)} ms`;
  if (size >= 1e-6) return `${digits(value * 1e6)} µs`;
  return `${digits(value * 1e9)} ns`;
}

function bytes(value: number): string {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 1024 && step < names.length - 1) {
    scaled /= 1024;
    step++;
  }
  return `${digits(scaled)} ${names[step]}`;
}

/** A figure for people. @param unit UCUM, with `/s` behind it for a rate, or `time` for ms since 1970 */
export function quantity(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  if (unit === "time") return clock(value);
  const isRate = unit.endsWith("/s");
  const base = isRate ? unit.slice(0, -2) : unit;
  const per = isRate ? "/s" : "";
  const scale = secondsOf[base];
  // What takes time, each second, is a share of it.
  if (scale !== undefined && isRate) return `${digits(value * scale * 100)} %`;
  if (scale !== undefined) return seconds(value * scale);
  if (base === "By") return bytes(value) + per;
  if (base === "1" && !isRate) return value >= 0 && value <= 1 ? `${digits(value * 100)} %` : digits(value);
  return digits(value) + per;
}

/** @param ms since 1970 */
export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** How long ago, or for how long. @param ms ≥ 0 */
export function span(ms: number): string {
  return seconds(Math.max(0, Math.round(ms / 1000)));
}

/** What the unit is called over a chart. */
export function unitName(unit: string): string {
  const base = unit.replace(/\/s$/, "").replace(/[{}]/g, "");
  const isRate = unit.endsWith("/s");
  if (base in secondsOf) return isRate ? "share of time" : "time";
  if (base === "By") return isRate ? "bytes each second" : "bytes";
  if (base === "" || base === "1") return isRate ? "each second" : "";
  const many = base.endsWith("s") ? base : base.endsWith("y") ? `${base.slice(0, -1)}ies` : `${base}s`;
  return isRate ? `${many} each second` : many;
}

/** Labels as `queue=mail, host=a`. @param but those that needn't be said */
export function labelText(
  labels: Readonly<Record<string, string>>,
  but: ReadonlySet<string> = new Set(),
): string {
  const entries = Object.entries(labels).filter(([name]) => !but.has(name));
  if (entries.length === 1) return entries[0]![1];
  return entries.map(([name, value]) => `${name.slice(name.lastIndexOf(".") + 1)}=${value}`).join(", ");
}
