import { describe, expect, test } from "vitest";
import { addressOf, parseMysqlUrl } from "../../../src/database/mysql/connection-url.ts";
import { mysqlDriver } from "../../../src/database/mysql/index.ts";

describe("A URL of MySQL or MariaDB", () => {
  test("says host, port, user, password and database, escapes undone", () => {
    const target = parseMysqlUrl("mysql://a%40b:p%40ss%2Fword@[::1]:3307/my%20app");
    expect(target).toEqual({
      host: "::1",
      port: 3307,
      socketPath: undefined,
      user: "a@b",
      password: "p@ss/word",
      database: "my app",
      tls: undefined,
    });
    expect(addressOf(target)).toBe("::1:3307/my app");
    expect(parseMysqlUrl("mariadb://db")).toMatchObject({ host: "db", port: 3306, database: undefined });
    expect(addressOf(parseMysqlUrl("mysql://x/app?socketPath=/run/mysqld.sock"))).toBe(
      "/run/mysqld.sock/app",
    );
  });

  test("asks for TLS, with the certificate checked or not", () => {
    expect(parseMysqlUrl("mysql://x/app?ssl=true").tls).toEqual({
      rejectUnauthorized: true,
      verifyIdentity: true,
    });
    expect(parseMysqlUrl("mysql://x/app?ssl=no-verify").tls).toEqual({ rejectUnauthorized: false });
    expect(parseMysqlUrl("mysql://x/app?ssl=false").tls).toBeUndefined();
  });

  test.each([
    "postgres://user:s3cret@x/app",
    "mysql://user:s3cret%@x/app",
    "mysql://user:s3cret@x/app?multipleStatements=true",
    "mysql://user:s3cret@x/app?ssl=maybe",
    "mysql://user:s3cret@x/app?ssl=false&ssl-ca=/ca.pem",
    "mysql://user:123/s3cret@x/app",
    "mysql://user:123?s3cret@x/app",
    "mysql://user:123#s3cret@x/app",
    "s3cret",
  ])("that can't be understood is refused without its password: %s", (url) => {
    expect(() => mysqlDriver({ url })).toThrow(/url/);
    try {
      mysqlDriver({ url });
    } catch (error) {
      expect(String(error)).not.toContain("s3cret");
    }
  });

  test("names its system, and the options beside it are checked", () => {
    expect(mysqlDriver({ url: "mysql://x/app" })).toMatchObject({ system: "mysql", address: "x:3306/app" });
    expect(mysqlDriver({ url: "mariadb://x/app" }).system).toBe("mariadb");
    expect(() => mysqlDriver({ url: "mysql://x/app", timeZone: "Europe/Paris" })).toThrow(RangeError);
    expect(() => mysqlDriver({ url: "mysql://x/app", coherence: "notify" as never })).toThrow(RangeError);
    expect(() => mysqlDriver({ url: "mysql://x/app", flags: [] } as never)).toThrow(/unknown option/);
  });
});
