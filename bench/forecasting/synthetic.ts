import { Prng } from "../../lib/simulation/prng.ts";
import { type Trace, trace } from "./traces.ts";

const DAYS = 14;
const MINUTES = DAYS * 1440;
/** Thursday, 1 January 2026, 00:00 UTC. */
const START_MS = Date.UTC(2026, 0, 1);

/** Stand-ins for recorded loads: the same seed gives the same set. Good for a first look, not for choosing a method. */
export function syntheticTraces(seed: number): readonly Trace[] {
  const shapes: readonly [string, (minute: number, random: Prng) => number][] = [
    ["day", (minute, random) => daily(minute) * (1 + 0.05 * random.normal())],
    [
      "week",
      (minute, random) => daily(minute) * (Math.floor(minute / 1440) % 7 < 5 ? 1 : 0.4) * (1 + 0.1 * random.normal()),
    ],
    ["counts", (minute, random) => Math.max(0, daily(minute) / 4 + Math.sqrt(daily(minute) / 4) * random.normal())],
    ["spikes", (minute, random) => daily(minute) * (random.uniform() < 0.002 ? 5 : 1)],
  ];
  const traces = shapes.map(([name, at], k) => {
    const random = new Prng(seed, k);
    return trace(
      name,
      START_MS,
      60_000,
      Float64Array.from({ length: MINUTES }, (_, minute) => at(minute, random)),
    );
  });
  return [...traces, trace("walk", START_MS, 60_000, walk(new Prng(seed, shapes.length)))];
}

function daily(minute: number): number {
  return 100 - 60 * Math.cos((2 * Math.PI * minute) / 1440);
}

function walk(random: Prng): Float64Array {
  let level = 200;
  return Float64Array.from({ length: MINUTES }, () => (level = Math.max(1, level + random.normal())));
}
