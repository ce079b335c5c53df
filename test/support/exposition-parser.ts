/** What stands in a text of either of Prometheus' formats, read by the rules of the specifications and nothing else. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string | undefined;
  readonly unit: string | undefined;
  readonly samples: readonly ParsedSample[];
}
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly seconds: number;
  };
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** @throws {Error} with the line that breaks a rule */
export function parseExposition(text: string, format: "text" | "openmetrics"): readonly ParsedFamily[] {
  const families = new Map<string, { -readonly [K in keyof ParsedFamily]: ParsedFamily[K] }>();
  const seen = new Set<string>();
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
  const lines = text.split("\n").slice(0, -1);
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("no # EOF at the end");
  let current: string | undefined;
  for (const line of lines) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const meta = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
    if (meta) {
      const [, kind, name, rest] = meta as unknown as [string, string, string, string];
      if (current !== name) {
        if (families.has(name)) fail("a family in two places");
        families.set(name, { name, type: "", help: undefined, unit: undefined, samples: [] });
        current = name;
      }
      const family = families.get(name)!;
      if (family.samples.length > 0) fail("metadata after samples");
      if (kind === "TYPE") family.type = rest in suffixes ? rest : fail("unknown type");
      else if (kind === "UNIT") family.unit = name.endsWith(`_${rest}`) ? rest : fail("not the name's unit");
      else
        family.help = unescaped(
          rest,
          format === "openmetrics" ? /^(?:[^\\"\n]|\\[\\n"])*$/ : /^(?:[^\\\n]|\\[\\n])*$/,
          fail,
        );
      continue;
    }
    const reader = new LineReader(line, fail);
    const name = reader.take(/[a-zA-Z_:][a-zA-Z0-9_:]*/y);
    const labels = reader.labels();
    reader.take(/ /y);
    const value = reader.number();
    let exemplar: ParsedSample["exemplar"];
    if (reader.has(" # ")) {
      if (format === "text") fail("an exemplar in the text format");
      if (!/(_total|_bucket)$/.test(name)) fail("an exemplar where none may be");
      const own = reader.labels();
      reader.take(/ /y);
      const measured = reader.number();
      reader.take(/ /y);
      exemplar = { labels: own, value: measured, seconds: reader.number() };
      if ([...Object.entries(own).flat().join("")].length > 128) fail("an exemplar that is too long");
    }
    reader.end();
    const family = families.get(current ?? "") ?? fail("a sample before any metadata");
    const base =
      format === "text" && family.type === "counter" ? family.name.replace(/_total$/, "") : family.name;
    if (!suffixes[family.type]!.some((suffix) => name === base + suffix)) fail("a sample of another family");
    const series = JSON.stringify([name, Object.entries(labels).sort()]);
    if (seen.has(series)) fail("a series twice");
    seen.add(series);
    family.samples = [...family.samples, { name, labels, value, ...(exemplar && { exemplar }) }];
  }
  return [...families.values()];
}

class LineReader {
  readonly #line: string;
  readonly #fail: (why: string) => never;
  #at = 0;

  constructor(line: string, fail: (why: string) => never) {
    this.#line = line;
    this.#fail = fail;
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line)?.[0] ?? this.#fail(`expected ${pattern} at ${this.#at}`);
    this.#at += found.length;
    return found;
  }
  has(text: string): boolean {
    if (!this.#line.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
  labels(): Record<string, string> {
    const labels: [string, string][] = [];
    if (this.has("{")) {
      do {
        const name = this.take(/[a-zA-Z_][a-zA-Z0-9_]*/y);
        if (labels.some(([other]) => other === name)) this.#fail("a label twice");
        this.take(/="/y);
        labels.push([
          name,
          unescaped(this.take(/(?:[^"\\\n]|\\.)*/y), /^(?:[^"\\\n]|\\[\\n"])*$/, this.#fail),
        ]);
        this.take(/"/y);
      } while (this.has(","));
      this.take(/\}/y);
    }
    return Object.fromEntries(labels);
  }
  number(): number {
    const text = this.take(/NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?/y);
    if (text.endsWith("Inf")) return text.startsWith("-") ? -Infinity : Infinity;
    return Number(text);
  }
  end(): void {
    if (this.#at !== this.#line.length) this.#fail(`unexpected text at ${this.#at}`);
  }
}

function unescaped(text: string, rule: RegExp, fail: (why: string) => never): string {
  if (!rule.test(text)) fail("a text that isn't escaped");
  return text.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
}
