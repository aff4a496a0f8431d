import { describe, expect, it } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { RESOURCE_NAMES, totalOf } from "../../lib/domain/model/resources.ts";
import { FARGATE_SIZES } from "../../lib/domain/planning/fargate-sizes.ts";
import { servicesFor } from "../../lib/local/services.ts";
import { SERVICE_PRESETS } from "../../lib/simulation/presets.ts";
import { World } from "../../lib/simulation/world.ts";

const fleetsOf = (written?: unknown) => loadConfig(written).fleets.map(compileFleet);
const ownConfig = (component: object) => ({ fleets: [{ components: [{ name: "web", ...component }] }] });

describe("simulated services behind a configuration", () => {
  it("are the tuned presets for the seven", () => {
    const services = servicesFor(fleetsOf());
    expect(services.map(({ name }) => name)).toEqual(Object.keys(SERVICE_PRESETS));
    expect(services[3]?.initial).toEqual(SERVICE_PRESETS.price_feeds.initial);
  });

  it.each([
    ["small on EC2", { compute: "ec2", cpu: { min: 0.1, max: 0.4 }, memory: { min: 0.1, max: 0.4 } }],
    [
      "large on EC2",
      { compute: "ec2", cpu: { min: 2, max: 10 }, memory: { min: 4, max: 20 }, tasks: { min: 3, max: 6 } },
    ],
    ["the defaults on Fargate", {}],
    ["large on Fargate", { cpu: { min: 1, max: 12 }, memory: { min: 2, max: 30 } }],
    ["a slow answer", { target: { responseTimeMs: 5000, throughput: 1 } }],
    ["a fast answer", { target: { responseTimeMs: 5, throughput: 900 } }],
  ])("start within the bounds and serve their load: %s", (_, component) => {
    const fleets = fleetsOf(ownConfig(component));
    const services = servicesFor(fleets);
    const [policy] = fleets[0]?.components ?? [];
    const initial = services[0]?.initial;
    if (policy === undefined || initial === undefined) throw new Error("no service");
    const total = totalOf(initial);
    for (const name of RESOURCE_NAMES) {
      expect(total[name]).toBeGreaterThanOrEqual(policy.min[name]);
      expect(total[name]).toBeLessThanOrEqual(policy.max[name]);
    }
    const isShape = FARGATE_SIZES.some(
      ({ cpu, memory }) => cpu === initial.size.cpu && memory.includes(initial.size.memory),
    );
    expect(policy.compute === "ec2" || isShape).toBe(true);
    const startMs = Date.UTC(2026, 0, 5, 9);
    const world = new World({ seed: 1, startMs, services });
    world.advanceTo(startMs + 1_800_000);
    const view = world.view("web");
    expect(view.cpuFraction).toBeGreaterThan(0.2);
    expect(view.cpuFraction).toBeLessThan(0.95);
    expect(view.errorFraction).toBeLessThan(0.05);
  });
});
