import { VictorError } from "../errors.ts";

/** `VICTOR_NAME_TAKEN`: an optimizer has a cache, or a filter, of that name already. */
export class NameTakenError extends VictorError {
  override readonly name = "NameTakenError";
  readonly kind: "cache" | "filter";
  /** The name that was asked for. */
  readonly takenName: string;
  constructor(kind: "cache" | "filter", takenName: string) {
    super(
      "VICTOR_NAME_TAKEN",
      `there is a ${kind} named ${JSON.stringify(takenName)} already: get${kind === "cache" ? "Cache" : "BloomFilter"} ` +
        `gives it, remove${kind === "cache" ? "Cache" : "BloomFilter"} frees its name`,
    );
    this.kind = kind;
    this.takenName = takenName;
  }
}
