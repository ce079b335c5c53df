import type { Random } from "../../src/measure/random.ts";

/** A statement with its parameters. */
export interface GeneratedStatement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Something that stands in FROM: what it is called, and its columns. */
interface Source {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Tables and columns share names, so that a name alone tells little. */
const tableNames = ["t", "u", "a"];
const columnNames = ["a", "b", "c", "d", "e", "t", "u"];
const aliases = ["x", "y", "t", "u", "a", "b"];

/** What a table has besides columns that stand alone. */
const extras = ["child", "partitions", "stored", "virtual", "before", "after", "cascade", "pair", "keyless"];

/** A schema of a few tables and views of integers, and the statements to try on it; all from one source of chance. */
export class ColumnStatements {
  /** Makes the tables, with rows in them. */
  readonly tables: string;
  /** Statements that each make a view; the server may refuse them. */
  readonly views: readonly string[];
  readonly #random: Random;
  readonly #tables: Source[] = [];
  readonly #views: Source[] = [];
  /** Columns that an update may assign. */
  readonly #assignable = new Map<string, readonly string[]>();

  constructor(random: Random) {
    this.#random = random;
    const count = 2 + this.#below(2);
    this.tables = tableNames
      .slice(0, count)
      .map((name) => this.#table(name))
      .join("\n");
    this.views = ["v1", "v2"].map((name) => {
      const { sql, columns } = this.#select([], 1, true);
      this.#views.push({ name, columns });
      return `CREATE VIEW ${name} AS ${sql}`;
    });
  }

  /** @returns a query; the server may refuse it */
  read(): GeneratedStatement {
    const kind = this.#below(20);
    if (kind === 0) return this.#pointRead();
    if (kind > 3) return { sql: this.#select([], 1 + this.#below(2), false).sql, params: [] };
    const body = this.#select([], 1, true);
    const name = this.#pick(aliases);
    const [columns, renamed] = this.#chance(0.3)
      ? [body.columns.map((_, i) => `n${i}`), true]
      : [body.columns, false];
    const list = renamed ? ` (${columns.join(", ")})` : "";
    const outer = this.#select([{ name, columns }], 1, false);
    return { sql: `WITH ${name}${list} AS (${body.sql}) ${outer.sql}`, params: [] };
  }

  /** @returns a statement that changes rows, most often an UPDATE; the server may refuse it */
  write(): GeneratedStatement {
    const { name } = this.#pick(this.#tables);
    const columns = this.#assignable.get(name) as readonly string[];
    const column = this.#pick(columns);
    const other = this.#pick(columns);
    const moved = `coalesce(${name}.${column}, 0) + 100`;
    const second = this.#pick(this.#tables).name;
    const plain = (sql: string): GeneratedStatement => ({ sql, params: [] });
    switch (this.#below(18)) {
      case 0:
        return plain(`UPDATE ${name} SET (${column}, ${other}) = (${moved}, 77)`);
      case 1:
        return plain(`UPDATE ${name} SET ${column} = ${moved}, ${other} = ${name}.id`);
      case 2:
        return plain(`UPDATE ${name} SET ${column} = s.id + 100 FROM ${second} AS s WHERE s.id = ${name}.id`);
      case 3:
        return plain(
          `WITH w AS (SELECT max(id) AS m FROM ${second}) UPDATE ${name} SET ${column} = m + 50 FROM w`,
        );
      case 4:
        return { sql: `UPDATE ${name} SET ${column} = ${moved} WHERE id = $1`, params: [2] };
      case 5:
        return plain(`UPDATE ${name} SET id = id + 100`);
      case 6:
        return plain(
          `MERGE INTO ${name} USING ${second} AS s ON s.id = ${name}.id WHEN MATCHED THEN UPDATE SET ${column} = 9`,
        );
      case 7:
        return plain(
          `WITH w AS (UPDATE ${second} SET b = 5 RETURNING id) UPDATE ${name} SET ${column} = ${moved}`,
        );
      case 8:
        return plain(`UPDATE ONLY ${name} AS z SET ${column} = z.id * 7 RETURNING *`);
      default:
        return plain(`UPDATE ${name} SET ${column} = ${moved}`);
    }
  }

  #table(name: string): string {
    const columns = columnNames.filter(() => this.#chance(0.6));
    for (const needed of ["b", "c"]) if (!columns.includes(needed)) columns.push(needed);
    const extra = this.#chance(0.3) ? this.#pick(extras) : undefined;
    this.#assignable.set(name, extra === "cascade" ? [...columns, "k"] : [...columns]);
    const lines = columns.map((column) => `${column} int`);
    const all = ["id", ...columns];
    if (extra === "stored" || extra === "virtual") {
      lines.push(`g int GENERATED ALWAYS AS (coalesce(b, 0) * 2) ${extra}`);
      all.push("g");
    }
    if (extra === "cascade") {
      lines.push("k int UNIQUE", `r int REFERENCES ${name} (k) ON UPDATE CASCADE`);
      all.push("k", "r");
    }
    const key =
      { keyless: "", pair: ", PRIMARY KEY (id, b)", partitions: "" }[extra ?? ""] ?? ", PRIMARY KEY (id)";
    const partitioned = extra === "partitions" ? " PARTITION BY RANGE (b)" : "";
    const ddl = [`CREATE TABLE ${name} (id int, ${lines.join(", ")}${key})${partitioned};`];
    if (extra === "partitions")
      ddl.push(
        `CREATE TABLE ${name}_low PARTITION OF ${name} FOR VALUES FROM (MINVALUE) TO (50);`,
        `CREATE TABLE ${name}_high PARTITION OF ${name} FOR VALUES FROM (50) TO (MAXVALUE);`,
      );
    for (let id = 1; id <= 4; id++) {
      const values = columns.map((column) => (column !== "b" && this.#chance(0.2) ? "NULL" : this.#below(5)));
      const more = extra === "cascade" ? ["k", "r"] : [];
      ddl.push(
        `INSERT INTO ${name} (${["id", ...columns, ...more].join(", ")}) VALUES (${[id, ...values, ...more.map(() => id)].join(", ")});`,
      );
    }
    if (extra === "child")
      ddl.push(
        `CREATE TABLE ${name}_child () INHERITS (${name}); INSERT INTO ${name}_child (id, b) VALUES (9, 9);`,
      );
    if (extra === "before")
      ddl.push(trigger(name, "BEFORE UPDATE", "new.c := coalesce(new.c, 0) + 1; RETURN new;", true));
    if (extra === "after") {
      const body = `IF pg_trigger_depth() < 2 THEN UPDATE ${this.#pick(tableNames.slice(0, 2))} SET c = coalesce(c, 0) + 1; END IF; RETURN NULL;`;
      ddl.push(trigger(name, "AFTER UPDATE", body, false));
    }
    this.#tables.push({ name, columns: all });
    return ddl.join("\n");
  }

  #pointRead(): GeneratedStatement {
    const { name, columns } = this.#pick(this.#tables);
    return { sql: `SELECT ${this.#pick(columns)} FROM ${name} WHERE id = $1`, params: [2] };
  }

  /** @param single whether it has to have one name for each column that comes out */
  #select(given: readonly Source[], depth: number, single: boolean): { sql: string; columns: string[] } {
    const sources: Source[] = [];
    const from = [this.#from(given, depth, sources)];
    if (this.#chance(0.2)) from.push(this.#from(given, depth, sources));
    if (this.#chance(0.1)) {
      from.push(`generate_series(1, coalesce(${this.#column(sources)}, 0) % 3) AS n`);
      sources.push({ name: "n", columns: ["n"] });
    }
    const where = this.#chance(0.3) ? ` WHERE ${this.#condition(given, depth, sources)}` : "";
    const tail = `FROM ${from.join(this.#chance(0.7) ? ", " : " CROSS JOIN ")}${where}`;
    if (this.#chance(0.2)) {
      const group = this.#column(sources);
      const count = this.#pick([
        "count(*)",
        `sum(${this.#column(sources)})`,
        `count(${this.#pick(sources).name})`,
      ]);
      const order = this.#chance(0.5) ? " ORDER BY 2, 1" : "";
      return {
        sql: `SELECT ${group} AS k0, ${count} AS k1 ${tail} GROUP BY ${group}${order}`,
        columns: ["k0", "k1"],
      };
    }
    if (!single && this.#chance(0.2)) return { sql: `SELECT ${this.#wide(sources)} ${tail}`, columns: [] };
    const outputs = Array.from({ length: 1 + this.#below(2) }, (_, i) => ({
      sql: this.#value(given, depth, sources),
      name: this.#chance(0.7) ? `k${i}` : (columnNames[i] as string),
    }));
    const list = outputs.map(({ sql, name }) => `${sql} AS ${name}`).join(", ");
    const all = outputs.map((_, i) => i + 1).join(", ");
    const order = this.#chance(0.3) ? ` ORDER BY ${all} LIMIT ${1 + this.#below(4)}` : "";
    const distinct = this.#chance(0.2) ? "DISTINCT " : "";
    const columns = outputs.map(({ name }) => name);
    const sql = `SELECT ${distinct}${list} ${tail}${order}`;
    if (order !== "" || !this.#chance(0.1)) return { sql, columns };
    const more = columns.map(() => this.#column(this.#tables.slice(0, 1)));
    return {
      sql: `${sql} UNION SELECT ${more.join(", ")} FROM ${(this.#tables[0] as Source).name}`,
      columns,
    };
  }

  /** Outputs that show more than the columns that they name. */
  #wide(sources: readonly Source[]): string {
    const { name, columns } = this.#pick(sources);
    const column = this.#pick(columns);
    return this.#pick([
      "*",
      `${name}.*`,
      name,
      `count(${name})`,
      `${name} IS NOT NULL`,
      `${name}.hash_record`,
      `hash_record(${name})`,
      `(${name}).${column}`,
      `${column}(${name})`,
      `max(${name}::text)`,
      `ROW(${name}.*, 1)`,
    ]);
  }

  /** Puts what it adds into `sources`. */
  #from(given: readonly Source[], depth: number, sources: Source[]): string {
    const kind = this.#below(12);
    if (kind < 5 || depth === 0) return this.#relation(given, sources);
    if (kind < 7) {
      const { sql, columns } = this.#select(given, depth - 1, true);
      const name = this.#free(sources);
      sources.push({ name, columns });
      return `(${sql}) AS ${name}`;
    }
    const [left, right]: [Source[], Source[]] = [[], []];
    const [a, b] = [
      this.#relation(given, left, sources),
      this.#relation(given, right, [...sources, ...left]),
    ];
    const sides = [...left, ...right];
    const common = (left[0] as Source).columns.filter((column) =>
      (right[0] as Source).columns.includes(column),
    );
    const on = `ON ${this.#column(left)} = ${this.#column(right)}`;
    const using = `USING (${common.filter(() => this.#chance(0.5)).join(", ") || common[0] || "id"})`;
    const join = this.#pick(["JOIN", "LEFT JOIN", "FULL JOIN"]);
    const all = { columns: [...new Set(sides.flatMap(({ columns }) => columns))] };
    switch (this.#below(6)) {
      case 0:
        sources.push(...sides);
        return `${a} NATURAL ${join} ${b}`;
      case 1:
      case 2:
        sources.push(...sides);
        return `${a} ${join} ${b} ${using}`;
      case 3: {
        const name = this.#free(sources);
        sources.push({ name, ...all });
        return `(${a} ${join} ${b} ${using}) AS ${name}`;
      }
      case 4: {
        const name = this.#free([...sources, ...sides]);
        sources.push(...sides, { name, columns: common });
        return `${a} ${join} ${b} ${using} AS ${name}`;
      }
      default:
        sources.push(...sides);
        return `${a} ${join} ${b} ${on}`;
    }
  }

  #relation(given: readonly Source[], into: Source[], taken: readonly Source[] = []): string {
    const { name, columns } = this.#pick([...this.#tables, ...this.#tables, ...this.#views, ...given]);
    const used = [...into, ...taken];
    if (!used.some((source) => source.name === name) && this.#chance(0.5)) {
      into.push({ name, columns });
      return name;
    }
    const alias = this.#free(used);
    if (!this.#chance(0.15)) {
      into.push({ name: alias, columns });
      return `${name} AS ${alias}`;
    }
    // The names of columns change places, so that one now means another's values.
    const renamed = [...columns.slice(1), columns[0] as string].slice(0, 1 + this.#below(columns.length));
    into.push({ name: alias, columns: renamed });
    return `${name} AS ${alias} (${renamed.join(", ")})`;
  }

  #free(sources: readonly Source[]): string {
    return this.#pick(
      [...aliases, "z", "w"].filter((name) => !sources.some((source) => source.name === name)),
    );
  }

  #column(sources: readonly Source[]): string {
    const { name, columns } = this.#pick(sources);
    const column = this.#pick(columns.length > 0 ? columns : ["id"]);
    return this.#chance(0.85) ? `${name}.${column}` : column;
  }

  #value(given: readonly Source[], depth: number, sources: readonly Source[]): string {
    const column = this.#column(sources);
    if (depth === 0 || this.#chance(0.6)) return column;
    return this.#pick([
      () => `coalesce(${column}, ${this.#column(sources)})`,
      () => `CASE WHEN ${this.#condition(given, depth - 1, sources)} THEN ${column} ELSE 0 END`,
      () => `sum(${column}) OVER (PARTITION BY ${this.#column(sources)})`,
      () => `(SELECT max(${this.#column(this.#tables)}) FROM ${this.#pick(this.#tables).name})`,
      () => `(SELECT count(*) FROM (${this.#select(given, depth - 1, true).sql}) AS q)`,
      () => `length(${this.#pick(sources).name}::text)`,
    ])();
  }

  #condition(given: readonly Source[], depth: number, sources: readonly Source[]): string {
    const column = this.#column(sources);
    const simple = `${column} < ${this.#below(8)}`;
    if (depth === 0 || this.#chance(0.5)) return simple;
    return this.#pick([
      () => `${column} IS NOT NULL`,
      () => `(${column}, ${this.#column(sources)}) <= (2, 3)`,
      () => `EXISTS (${this.#select(given, depth - 1, false).sql})`,
      () => `${column} IN (SELECT ${this.#column(this.#tables)} FROM ${this.#pick(this.#tables).name})`,
      () =>
        `EXISTS (SELECT 1 FROM ${this.#pick(this.#tables).name} AS e WHERE e.${this.#pick(columnNames)} = ${column})`,
      () => `${this.#pick(sources).name} IS DISTINCT FROM NULL`,
    ])();
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }
}

const trigger = (table: string, when: string, body: string, row: boolean): string =>
  `CREATE FUNCTION ${table}_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
   CREATE TRIGGER changing ${when} ON ${table} ${row ? "FOR EACH ROW " : ""}EXECUTE FUNCTION ${table}_trigger();`;
