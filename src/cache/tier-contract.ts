import { leaseCases } from "./contract/lease-cases.ts";
import { staleFillCases } from "./contract/stale-fill-cases.ts";
import { valueCases } from "./contract/value-cases.ts";
import { vouchingCases } from "./contract/vouching-cases.ts";
import type { SharedTier } from "./shared-tier.ts";

/** What a contract needs of a tier's makers. */
export interface TierContractSetup {
  /** Opens three connections of one namespace that no other case uses, as by different processes. They are closed by the case. */
  open(): Promise<readonly [SharedTier, SharedTier, SharedTier]>;
  /**
   * Lets time pass: on a fake clock at once.
   * @default waits
   */
  readonly advance?: ((ms: number) => Promise<void>) | undefined;
  /** Makes the server forget generations, as for want of room, of all that the case used. Without it, that isn't checked. */
  readonly evictGenerations?: ((tiers: readonly SharedTier[]) => Promise<void>) | undefined;
  /** Has the server lose all that it holds, and come back; resolves when the tiers are connected again. Without it, that isn't checked. */
  readonly restart?: ((tiers: readonly SharedTier[]) => Promise<void>) | undefined;
  /** Milliseconds within which a change should be known to other nodes without `catchUp`. @default 5_000 */
  readonly toldWithinMs?: number | undefined;
}

/** One sentence that a tier must make true. */
export interface TierContractCase {
  readonly name: string;
  /** @throws {Error} when it doesn't */
  run(): Promise<void>;
}

/**
 * What every `SharedTier` must do, as cases for any test runner.
 * @example for (const { name, run } of tierContract({ open })) test(name, run);
 */
export function tierContract(setup: TierContractSetup): readonly TierContractCase[] {
  const { advance = wait, toldWithinMs = 5_000 } = setup;
  const cases = [...valueCases, ...leaseCases, ...staleFillCases, ...vouchingCases];
  return cases
    .filter(({ needs }) => needs === undefined || setup[needs] !== undefined)
    .map((each) => ({
      name: each.name,
      async run() {
        const tiers = await setup.open();
        const fault = async () => {
          if (each.needs !== undefined) await setup[each.needs]!(tiers);
        };
        try {
          await each.check(tiers, { advance, toldWithinMs, fault });
        } finally {
          await Promise.all(tiers.map((tier) => tier.close()));
        }
      },
    }));
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
