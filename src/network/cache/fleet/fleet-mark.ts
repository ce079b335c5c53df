import type { Stamp } from "../../../cache/shared-tier.ts";

/** What vouches for a response in memory. */
export interface FleetMark {
  /** What it depends on; `undefined` where nothing on the server does, or no longer. */
  stamp: Stamp | undefined;
  /** Of a response that came while the server couldn't be asked: that outage, by the recoveries before. */
  readonly outage: number;
  /** Under which it lies on the server as well. */
  readonly sharedKey: string | undefined;
}
