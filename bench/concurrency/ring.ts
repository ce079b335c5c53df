/**
 * How many messages a second reach another thread? Records of 32 bytes and objects of 85 characters as JSON, one way, from
 * the main thread to one worker, which takes all in and answers once a round. And how long does one take there and back?
 * The trivial rival is `postMessage`; the same by arrays of 100, and by one transferred buffer of 100 records; a
 * `MessageChannel` polled by `receiveMessageOnPort`; a `BroadcastChannel`.
 * Bars: an `SpscRing`, in batches, ≥ 15 × `postMessage` for records, ≥ 2 × for objects. None for round trips.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";
import type { OneWay } from "./arms/ring.ts";
import type { Echo } from "./arms/ring-echo.ts";
import type { Payload } from "./arms/ring-messages.ts";
import type { Way } from "./arms/ring-senders.ts";

interface Rival {
  readonly way: Way;
  readonly name: string;
}

const rings: readonly Rival[] = [
  { way: "spscBatched", name: "SpscRing, batches of 100" },
  { way: "spscAsync", name: "SpscRing, batches of 100, async" },
  { way: "spscSingle", name: "SpscRing, one by one" },
  { way: "mpmcBatched", name: "MpmcRing, batches of 100" },
  { way: "mpmcSingle", name: "MpmcRing, one by one" },
];
const postMessage: Rival = { way: "postMessage", name: "just postMessage" };
const others: readonly Rival[] = [
  { way: "postArrays", name: "postMessage, arrays of 100" },
  { way: "receiveOnPort", name: "MessageChannel + receiveMessageOnPort" },
  { way: "broadcast", name: "BroadcastChannel" },
];
const postBuffer: Rival = { way: "postBuffer", name: "postMessage, 100 records in one transferred buffer" };

await oneWay("Records of 32 bytes, one way", "binary", [...rings, postMessage, ...others, postBuffer], 15);
await oneWay("Objects as JSON, one way", "json", [...rings, postMessage, ...others], 2);
await roundTrips();

async function oneWay(title: string, payload: Payload, rivals: readonly Rival[], bar: number): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ way, name }) => ({
      name,
      module: new URL("./arms/ring.ts", import.meta.url),
      args: { way, payload } satisfies OneWay,
    })),
    processes: 3,
    rounds: 6,
    roundMs: 100,
    warmupRounds: 3,
  });
  const baseline = arms[rivals.indexOf(postMessage)]!;
  const rows = arms.map((arm) => {
    const comparison = compareArms(baseline, arm);
    return [
      arm.name,
      `${(1000 / nsOf(arm)).toFixed(2)} M/s`,
      formatDuration(nsOf(arm)),
      formatDuration(median(arm.cpuNs.flat())),
      arm === baseline ? "" : formatRatio(comparison),
      arm === baseline ? "" : `${comparison.cpu.ratio.toFixed(2)}×`,
    ];
  });
  const headers = ["arm", "messages", "wall each", "CPU each", "× postMessage, 95 %", "by CPU"];
  const comparison = compareArms(baseline, arms[0]!);
  const { ratio } = comparison.wall;
  const figures = `${ratio.toFixed(1)}×, by CPU ${comparison.cpu.ratio.toFixed(1)}×`;
  const bars = [met(`SpscRing in batches ≥ ${bar}× postMessage`, ratio >= bar, figures)];
  print(title, headers, rows, bars, warnings);
}

async function roundTrips(): Promise<void> {
  const echoes: readonly (readonly [echo: Echo, name: string])[] = [
    ["ringSync", "two SpscRings, blocking"],
    ["ringAsync", "two SpscRings, async"],
    ["postMessage", "just postMessage"],
  ];
  const { arms, warnings } = await measureInterleaved({
    arms: echoes.map(([echo, name]) => ({
      name,
      module: new URL("./arms/ring-echo.ts", import.meta.url),
      args: { echo },
    })),
    processes: 3,
    rounds: 5,
    roundMs: 50,
  });
  const rows = arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    formatDuration(median(arm.cpuNs.flat())),
    arm === arms[2] ? "" : formatRatio(compareArms(arms[2]!, arm)),
  ]);
  print("There and back, one at a time", ["arm", "wall", "CPU", "× postMessage, 95 %"], rows, [], warnings);
}
