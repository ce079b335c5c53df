export { MemoryHub, type MemoryHubOptions } from "./memory-hub.ts";
export type { MemoryTier } from "./memory-tier.ts";
export type { Lease, SharedEntry, SharedTier, Stamp } from "./shared-tier.ts";
export { type TierContractCase, type TierContractSetup, tierContract } from "./tier-contract.ts";
