import type { Sample } from "../../lib/domain/model/sample.ts";
import type { ServiceSpec } from "../../lib/simulation/service.ts";
import { World, type WorldOptions } from "../../lib/simulation/world.ts";

/** A world of one service under a constant load, and how its samples are read. */
export const START = Date.UTC(2026, 0, 5);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const size = { cpu: 500, memory: 500, network: 100, storage: 0 };
export const bigger = { ...size, cpu: 1000 };

export function aService(overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return { name: "web", initial: { tasks: 2, size }, load: { kind: "constant", rate: 10 }, ...overrides };
}
export function aWorld(overrides: Partial<WorldOptions> = {}): World {
  return new World({ seed: 1, startMs: START, services: [aService()], ...overrides });
}
export async function samplesOf(
  world: World,
  nowMs: number,
  { sinceMs = 0, component = "web" } = {},
): Promise<readonly Sample[]> {
  const [answer] = await world.metrics.read([{ component, sinceMs }], nowMs);
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
  return answer;
}
