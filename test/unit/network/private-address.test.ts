import { describe, expect, test } from "vitest";
import { publicLookup, refusePrivateHosts } from "../../../src/network/address-guard.ts";
import { isPrivateAddress } from "../../../src/network/private-address.ts";

describe("Private addresses", () => {
  test.each([
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:db8::1",
    "2001::1",
    "not an address",
    "",
  ])("%s is one", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  test.each([
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
  ])("%s is none", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  test.each([
    "http://127.0.0.1",
    "http://2130706433",
    "http://0x7f.1",
    "http://0177.0.0.1",
    "http://127.1:8080",
    "http://[::1]",
    "http://[::ffff:127.0.0.1]",
    "http://0",
  ])("%s is refused without a connection, in whatever notation", (origin) => {
    const errors: unknown[] = [];
    const dispatch = refusePrivateHosts(() => {
      throw new Error("sent");
    });
    dispatch(
      { origin, path: "/", method: "GET" },
      { onResponseError: (_, error) => void errors.push((error as { code?: string }).code) },
    );
    expect(errors).toEqual(["VICTOR_FORBIDDEN_ADDRESS"]);
  });

  test("a lookup hands on public addresses alone, and fails when there is none", () => {
    const all = [
      { address: "10.0.0.1", family: 4 },
      { address: "8.8.8.8", family: 4 },
      { address: "::1", family: 6 },
    ];
    const seen: unknown[] = [];
    publicLookup((_, __, callback) => callback(null, all))("x", { all: true }, (...args) => seen.push(args));
    publicLookup((_, __, callback) => callback(null, all))("x", {}, (...args) => seen.push(args));
    expect(seen).toEqual([
      [null, [{ address: "8.8.8.8", family: 4 }]],
      [null, "8.8.8.8", 4],
    ]);
    publicLookup((_, __, callback) => callback(null, [all[0]!]))("evil.example", { all: true }, (error) =>
      expect(error).toMatchObject({ host: "evil.example", address: "10.0.0.1" }),
    );
    publicLookup((_, __, callback) => callback(new Error("no such name"), ""))("x", {}, (error) =>
      expect(error?.message).toBe("no such name"),
    );
    expect.assertions(3);
  });
});
