import type { Room } from "./workload.ts";
import { algorithmsRoom } from "./workloads/algorithms/room.ts";
import { cacheRoom } from "./workloads/cache/room.ts";
import { concurrencyRoom } from "./workloads/concurrency/room.ts";
import { databaseRoom } from "./workloads/database/room.ts";
import { memoryRoom } from "./workloads/memory/room.ts";
import { networkRoom } from "./workloads/network/room.ts";
import { serviceRoom } from "./workloads/service/room.ts";
import { toolsRoom } from "./workloads/tools/room.ts";

/** All areas of the report, in its order. A further room is one file under `workloads/`, and one line here. */
export const rooms: readonly Room[] = [
  serviceRoom,
  databaseRoom,
  memoryRoom,
  algorithmsRoom,
  concurrencyRoom,
  networkRoom,
  cacheRoom,
  toolsRoom,
];
