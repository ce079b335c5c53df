import { VictorError } from "../errors.ts";

/** `VICTOR_FILTER_FORMAT`: bytes that are no filter, or a damaged one, or of a version or kind that isn't known here. */
export class FilterFormatError extends VictorError {
  override readonly name = "FilterFormatError";
  constructor(why: string) {
    super("VICTOR_FILTER_FORMAT", `filter: ${why}`);
  }
}

/** `VICTOR_FILTER_MISMATCH`: two filters that can't be united, since they differ in size, rate or seed. */
export class FilterMismatchError extends VictorError {
  override readonly name = "FilterMismatchError";
  constructor(what: string, own: number, other: number) {
    super("VICTOR_FILTER_MISMATCH", `union: expected filters of the same ${what}, got ${own} and ${other}`);
  }
}

/** `VICTOR_FILTER_BUILD`: no filter could be built for these items in many tries, which doesn't happen by chance. */
export class FilterBuildError extends VictorError {
  override readonly name = "FilterBuildError";
  constructor(tries: number) {
    super(
      "VICTOR_FILTER_BUILD",
      `binary fuse filter: no arrangement found in ${tries} tries; take another seed`,
    );
  }
}
