import { hash } from "node:crypto";
import type { CacheRequest } from "../cache-request.ts";

/** Fields by which responses vary most often: for each set of their values there is a key of its own, and a load of its own. */
const telling = ["accept", "accept-encoding", "accept-language"] as const;

// Hashes, for a URL can hold a token, and whoever can list a server's keys is to learn nothing by that.
const digest = (parts: readonly (string | undefined)[]): string =>
  hash("sha256", JSON.stringify(parts.map((part) => part ?? null)), "base64url");

/** @returns what all responses of a URL are forgotten by, on every node */
export const urlTag = (url: string): string => digest(["url", url]);

/** @returns under what the responses to requests like that one lie on the server. Says nothing of who asks */
export const sharedKey = (url: string, request: CacheRequest): string =>
  digest(["shared", url, ...telling.map((name) => request.value(name))]);
