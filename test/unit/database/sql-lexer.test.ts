import fc from "fast-check";
import { loadModule, scanSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { lex, type SqlDialect } from "../../../src/database/sql/sql-lexer.ts";

const dialects: readonly SqlDialect[] = ["sqlite", "postgresql"];
const hostileLength = process.env.VICTOR_LONG ? 1_000_000 : 200_000;
const brief = (sql: string, dialect: SqlDialect): string[] =>
  lex(sql, dialect).map(({ type, text }) => `${type} ${text}`);

describe.each(dialects)("%s", (dialect) => {
  test("words, numbers and symbols are told apart, white space is left out", () => {
    expect(brief("SELECT a.b,\t1 FROM\r\nt_1;", dialect)).toEqual([
      "word SELECT",
      "word a",
      "symbol .",
      "word b",
      "symbol ,",
      "number 1",
      "word FROM",
      "word t_1",
      "symbol ;",
    ]);
  });

  test.each(["1", "1.", ".5", "1.5e-10", "2E+3", "0x1F", "1_000", "1e5"])("%s is one number", (number) => {
    expect(brief(number, dialect)).toEqual([`number ${number}`]);
  });

  test("a doubled quote stands for itself, in strings and in names", () => {
    expect(brief(`'a''b' "c""d"`, dialect)).toEqual([`string 'a''b'`, `identifier "c""d"`]);
  });

  test("a blob literal is one string, whatever the case of its prefix", () => {
    expect(brief("x'ab' X'CD' xy", dialect)).toEqual(["string x'ab'", "string X'CD'", "word xy"]);
  });

  test("a comment mark within a string is text, and a quote within a comment is none", () => {
    expect(brief("'--' -- it's\n /* ' */ '/*'", dialect)).toEqual(["string '--'", "string '/*'"]);
  });

  test.each(["'abc", '"abc', "x'ab"])("%s without an end goes to the end", (sql) => {
    expect(lex(sql, dialect)).toEqual([{ type: expect.any(String), text: sql, start: 0, end: sql.length }]);
  });

  test("an unterminated comment goes to the end", () => {
    expect(brief("a /* b", dialect)).toEqual(["word a"]);
  });

  test("letters beyond ASCII belong to words", () => {
    expect(brief("größe + 名前", dialect)).toEqual(["word größe", "symbol +", "word 名前"]);
  });

  test("operators of two and three characters stay whole", () => {
    expect(brief("a->>'b'||c<=d<>e", dialect).filter((token) => token.startsWith("symbol"))).toEqual([
      "symbol ->>",
      "symbol ||",
      "symbol <=",
      "symbol <>",
    ]);
  });

  test("whatever the text, tokens follow one another without overlap and hold the text that they name", () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      "$",
      "$a$",
      "E'",
      "\\",
      "--",
      "\n",
      "/*",
      "*/",
      "?",
      "[",
      "]",
      "1",
      "x",
      " ",
      ":",
      ".",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (sql) => {
          let last = 0;
          for (const { text, start, end } of lex(sql, dialect)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(text).toBe(sql.slice(start, end));
            last = end;
          }
          expect(last).toBeLessThanOrEqual(sql.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  // A quadratic lexer would take minutes here, and run into the test's time limit.
  test.each(["'", "E'\\", "$a", "$a$ ", "/*", "*/", "--", "?", "[", "x'", "-", ".", "'a'\n", "'\n--\n"])(
    "a long text of %j is read in linear time",
    (piece) => {
      const sql = piece.repeat(hostileLength / piece.length);
      const tokens = lex(sql, dialect);
      expect(tokens.length).toBeLessThanOrEqual(hostileLength);
    },
  );
});

describe("sqlite", () => {
  test("names are quoted in four ways", () => {
    expect(brief('"a" `b``c` [d e] f', "sqlite")).toEqual([
      'identifier "a"',
      "identifier `b``c`",
      "identifier [d e]",
      "word f",
    ]);
  });

  test("placeholders are ?, ?12, $1, $name, :name and @name", () => {
    expect(brief("? ?12 $1 $n :n @n", "sqlite")).toEqual([
      "placeholder ?",
      "placeholder ?12",
      "placeholder $1",
      "placeholder $n",
      "placeholder :n",
      "placeholder @n",
    ]);
  });

  test("block comments don't nest", () => {
    expect(brief("/* /* */ a */", "sqlite")).toEqual(["word a", "symbol *", "symbol /"]);
  });

  test("a backslash is no escape, and E is a word", () => {
    expect(brief("E'a\\' b", "sqlite")).toEqual(["word E", "string 'a\\'", "word b"]);
  });

  test("a carriage return doesn't end a comment", () => {
    expect(brief("-- a\rb\nc", "sqlite")).toEqual(["word c"]);
  });
});

describe("postgresql", () => {
  test("block comments nest", () => {
    expect(brief("/* /* ' */ b */ a", "postgresql")).toEqual(["word a"]);
  });

  test("a backslash escapes in E strings only", () => {
    expect(brief(String.raw`E'a\'b' 'c\' d`, "postgresql")).toEqual([
      String.raw`string E'a\'b'`,
      String.raw`string 'c\'`,
      "word d",
    ]);
  });

  test("dollar quotes end at their own tag", () => {
    expect(brief("$$a'b$$ $f$ $$ $g$ $f$ x", "postgresql")).toEqual([
      "string $$a'b$$",
      "string $f$ $$ $g$ $f$",
      "word x",
    ]);
  });

  test("a dollar within a word begins no dollar quote", () => {
    expect(brief("a$b$ c", "postgresql")).toEqual(["word a$b$", "word c"]);
  });

  test("bit strings, national and Unicode strings keep their prefix", () => {
    expect(brief(`B'01' N'a' U&'d\\0061' U&"d" u&1`, "postgresql")).toEqual([
      "string B'01'",
      "string N'a'",
      "string U&'d\\0061'",
      'identifier U&"d"',
      "word u",
      "symbol &",
      "number 1",
    ]);
  });

  test("a string goes on after a line break, with the escapes that it began with", () => {
    expect(brief("'a'\n 'b' c", "postgresql")).toEqual(["string 'a'\n 'b'", "word c"]);
    expect(brief("E'a' -- note\n'b\\'c' d", "postgresql")).toEqual([
      "string E'a' -- note\n'b\\'c'",
      "word d",
    ]);
    expect(brief("'a' 'b'", "postgresql")).toEqual(["string 'a'", "string 'b'"]);
  });

  test(":: is a cast and : no placeholder", () => {
    expect(brief("a::int[1:n]", "postgresql")).toEqual([
      "word a",
      "symbol ::",
      "word int",
      "symbol [",
      "number 1",
      "symbol :",
      "word n",
      "symbol ]",
    ]);
  });

  test("?|, ?& and @? are operators, a lone ? and one before || or && is a placeholder", () => {
    expect(brief("a ?| b ?& c @? d ?? e", "postgresql").filter((token) => token.includes("?"))).toEqual([
      "symbol ?|",
      "symbol ?&",
      "symbol @?",
      "symbol ??",
    ]);
    expect(brief("?||? && ?&&a=?", "postgresql").filter((token) => token.includes("?"))).toEqual(
      Array(4).fill("placeholder ?"),
    );
  });

  test("a range is two numbers", () => {
    expect(brief("1..10", "postgresql")).toEqual(["number 1", "symbol ..", "number 10"]);
  });
});

describe("beside PostgreSQL's own scanner", () => {
  beforeAll(loadModule);

  /** The words, literals and parameters that its scanner finds; `undefined` where it refuses the text. */
  function scanned(sql: string): readonly string[] | undefined {
    try {
      const texts = scanSync(sql).tokens.map(({ text }) => text);
      return texts.filter((text) => /^([\w'"]|\$.|[^\0-\x7f]|\.\d)/.test(text));
    } catch {
      return undefined;
    }
  }

  test("words, literals and parameters are the same", () => {
    // No N'…', which it gives as two tokens, and no line comment, which it doesn't take between a string's parts.
    const piece = fc.constantFrom(
      ...[
        "'",
        "''",
        "'a'",
        '"',
        "$",
        "$a$",
        "$$",
        "E'",
        "x'",
        "B'",
        "U&'",
        "\\",
        "\n",
        "\r",
        "\t",
        " ",
        "/*",
        "*/",
      ],
      ...[
        "1",
        "1.5",
        "1_0",
        "0x1F",
        "0b1",
        "e",
        "e5",
        ".",
        ":",
        "::",
        "[",
        "]",
        "-",
        "+",
        ">",
        "=",
        "||",
        "a",
        "_",
        "é",
        "$1",
      ],
    );
    let compared = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        // Pieces may join to one.
        const sql = pieces.join("");
        const expected = sql.includes("--") ? undefined : scanned(sql);
        if (!expected) return;
        compared++;
        const own = lex(sql, "postgresql").filter(({ type }) => type !== "symbol");
        expect(own.map(({ text }) => text)).toEqual(expected);
      }),
      { numRuns: process.env.VICTOR_LONG ? 200_000 : 5000 },
    );
    expect(compared).toBeGreaterThan(1000);
  });
});
