import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key and a certificate in PEM, for `localhost`, `127.0.0.1` and `::1`, that nobody vouches for. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
};
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const objectId = (...bytes: number[]) => der(0x06, Uint8Array.from(bytes));
const text = (tag: number, value: string) => der(tag, Buffer.from(value));
const time = (date: Date) => text(0x18, `${date.toISOString().replace(/[-:T]|\.\d+/g, "")}`);

const ecdsaWithSha256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = objectId(0x55, 0x04, 0x03);
const subjectAltName = objectId(0x55, 0x1d, 0x11);
const day = 86_400_000;

/**
 * Makes a certificate, valid from yesterday.
 * @param validMs how long from now, milliseconds; negative makes one that has expired
 * @see RFC 5280
 */
export function selfSigned(validMs: number = 30 * day, host = "localhost"): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = sequence(der(0x31, sequence(commonName, text(0x0c, host))));
  const names = sequence(
    text(0x82, host),
    der(0x87, Uint8Array.from([127, 0, 0, 1])),
    der(0x87, Uint8Array.from([...new Array<number>(15).fill(0), 1])),
  );
  const now = Date.now();
  const certificate = sequence(
    der(0xa0, der(0x02, Uint8Array.from([2]))),
    der(0x02, Uint8Array.from([1, ...randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(Math.min(now, now + validMs) - day)), time(new Date(now + validMs))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(subjectAltName, der(0x04, names)))),
  );
  const signature = sign("sha256", certificate, privateKey);
  const whole = sequence(certificate, ecdsaWithSha256, der(0x03, Uint8Array.from([0]), signature));
  const lines = whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
