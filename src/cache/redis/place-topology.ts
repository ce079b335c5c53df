import { ClusterMasters } from "./cluster.ts";
import type { LinkContext } from "./link.ts";
import { OneMaster } from "./one-master.ts";
import { Sentinels } from "./sentinels.ts";
import type { Topology } from "./topology.ts";

/** @param opened called whenever there is a new connection, before anything is asked by it */
export function topologyOf(context: LinkContext, opened: () => void): Topology {
  const { place } = context.settings;
  if (place.kind === "cluster") return new ClusterMasters(context, place.nodes, place.login, opened);
  if (place.kind === "single") {
    const { address, login } = place;
    return new OneMaster(context, () => Promise.resolve(address), login, false, opened);
  }
  const sentinels = new Sentinels(context, place.masterName, place.nodes);
  const master = new OneMaster(
    context,
    () => sentinels.master(),
    place.login,
    true,
    opened,
    () => sentinels.close(),
  );
  sentinels.watch((address) => master.moveTo(address));
  return master;
}
