import { expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import { type MysqlTls, mysqlDriver } from "../../../src/database/mysql/index.ts";
import { useMariadb } from "../../services/use-mariadb.ts";
import { selfSigned } from "../../support/self-signed.ts";

const tls = selfSigned();
const mariadb = useMariadb({ tls });

async function cipher(url: string, trusted?: MysqlTls): Promise<unknown> {
  await using db = new DatabaseOptimizer({
    driver: mysqlDriver({ url, ...(trusted && { tls: trusted }) }),
    timeoutMs: 20_000,
  });
  const [row] = (await db.executeQuery("SHOW STATUS LIKE 'Ssl_cipher'")).rows;
  return row?.Value;
}

test("a session is encrypted when the URL asks for it, and the certificate is checked unless that is refused", async () => {
  const { url } = mariadb();
  expect(await cipher(url)).toBe("");
  expect(await cipher(`${url}?ssl=no-verify`)).toMatch(/^TLS_/);
  await expect(cipher(`${url}?ssl=true`)).rejects.toMatchObject({ code: "HANDSHAKE_SSL_ERROR" });
  expect(await cipher(url, { ca: tls.cert, rejectUnauthorized: true })).toMatch(/^TLS_/);
});
