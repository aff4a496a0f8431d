import { expect, test } from "vitest";
import { setPaused } from "../../lib/domain/execution/ledger.ts";
import type { LoadSpec } from "../../lib/simulation/load.ts";
import type { ServiceSpec } from "../../lib/simulation/service.ts";
import { ControllerBench, MINUTE_MS, START_MS } from "../support/controller-bench.ts";
import { aFleet } from "../support/fleet-builders.ts";
import { Narrator } from "../support/narrator.ts";

/**
 * Told minute by minute and compared with the text in golden/: a change of behaviour is a change of these stories, to be
 * read in the diff. After a wanted change: npx vitest run test/scenarios -u
 */
const SIZE = { cpu: 500, memory: 1000, network: 100, storage: 0 };

/** Operations per second, one value for each minute; the last one stays. */
function minutes(...parts: readonly (readonly [rate: number, minutes: number])[]): LoadSpec {
  return {
    kind: "trace",
    stepMs: MINUTE_MS,
    values: parts.flatMap(([rate, count]) => Array.from({ length: count }, () => rate)),
  };
}

/** A task finishes 20 operations a second; 2 tasks to start with. */
function web(load: LoadSpec, changes: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: "web",
    initial: { tasks: 2, size: SIZE },
    load,
    profile: { cpuMsPerOp: 25, ioMsPerOp: 20, baseMemoryMilli: 400, workingSetMilliPerRate: 8, dispersion: 0 },
    ...changes,
  };
}

const BY_COUNT = { upAction: "SCALE_OUT", downAction: "SCALE_IN" } as const;
const WEB = {
  name: "web",
  cpu: { min: 0.5, max: 6 },
  memory: { min: 1, max: 12 },
  tasks: { min: 1, max: 12 },
  target: { cpu: 60, responseTimeMs: 400 },
  rules: { cpu: BY_COUNT, memory: { enabled: false } },
};
const at = (minute: number) => START_MS + minute * MINUTE_MS;

test("step load", async () => {
  const bench = new ControllerBench({ fleet: aFleet({}, WEB), services: [web(minutes([24, 20], [60, 40], [20, 60]))] });
  const story = new Narrator(bench);
  await bench.runUntil(120);
  await expect(story.text).toMatchFileSnapshot("golden/step-load.txt");
});

test("the metrics stop while the load falls: nothing shrinks before they are back", async () => {
  const outage = { kind: "sample-missing", fromMs: at(20), toMs: at(40) } as const;
  const bench = new ControllerBench({
    fleet: aFleet({}, WEB),
    services: [web(minutes([44, 20], [10, 70]), { initial: { tasks: 4, size: SIZE } })],
    faults: { faults: [outage] },
  });
  const story = new Narrator(bench);
  await bench.runUntil(40);
  expect(bench.effects).toEqual([]);
  await bench.runUntil(80);
  expect(bench.effects.length).toBeGreaterThan(0);
  await expect(story.text).toMatchFileSnapshot("golden/metrics-outage.txt");
});

test("an operator changes the service: adopted, left alone, then controlled from there", async () => {
  const bench = new ControllerBench({ fleet: aFleet({}, WEB), services: [web(minutes([24, 60]))] });
  const story = new Narrator(bench);
  await bench.runUntil(40, (minute) => {
    if (minute === 20) bench.world.foreignChange("web", { tasks: 5 });
  });
  await expect(story.text).toMatchFileSnapshot("golden/foreign-change.txt");
});

test("a resize whose new tasks never start: taken back, and not tried again at once", async () => {
  const fleet = aFleet({}, { ...WEB, tasks: { min: 2, max: 2 }, rules: { memory: { enabled: false } } });
  const bench = new ControllerBench({
    fleet,
    services: [web(minutes([24, 10], [36, 80]))],
    faults: { faults: [{ kind: "start-failure", fromMs: at(0), toMs: at(30) }] },
  });
  const story = new Narrator(bench);
  await bench.runUntil(60);
  await expect(story.text).toMatchFileSnapshot("golden/failed-rollout.txt");
});

test("a rollout of somebody else failed: the next change of the count is not judged by it", async () => {
  const bench = new ControllerBench({
    fleet: aFleet({}, WEB),
    services: [web(minutes([44, 30], [10, 90]), { initial: { tasks: 4, size: SIZE } })],
    faults: { faults: [{ kind: "start-failure", fromMs: at(14), toMs: at(28) }] },
  });
  await bench.runUntil(80, (minute) => {
    if (minute === 15) bench.world.foreignChange("web", { size: { ...SIZE, cpu: 700 } });
  });
  const counts = bench.effects.filter(({ by }) => by !== undefined).map(({ after }) => after.tasks);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(counts.length).toBeGreaterThan(0);
});

test("a scheduled minimum opens and closes", async () => {
  const fleet = aFleet(
    {},
    { ...WEB, schedules: [{ name: "market", cron: "20 0 * * *", durationMinutes: 30, tasks: { min: 4 } }] },
  );
  const bench = new ControllerBench({ fleet, services: [web(minutes([24, 90]))] });
  const story = new Narrator(bench);
  await bench.runUntil(80);
  await expect(story.text).toMatchFileSnapshot("golden/scheduled-minimum.txt");
});

test("mode observe: decides and touches nothing", async () => {
  const bench = new ControllerBench({
    fleet: aFleet({ mode: "observe" }, WEB),
    services: [web(minutes([24, 5], [60, 15]))],
  });
  const story = new Narrator(bench);
  await bench.runUntil(20);
  expect(bench.effects).toEqual([]);
  await expect(story.text).toMatchFileSnapshot("golden/observe.txt");
});

test("paused in the middle: hands off, and on again after", async () => {
  const bench = new ControllerBench({ fleet: aFleet({}, WEB), services: [web(minutes([24, 10], [60, 50]))] });
  const story = new Narrator(bench);
  await bench.runUntil(40, async (minute) => {
    if (minute === 12) await bench.edit((ledger) => setPaused(ledger, true, "an operator"));
    if (minute === 25) await bench.edit((ledger) => setPaused(ledger, false, "an operator"));
  });
  const paused = bench.effects.filter(({ atMs }) => atMs >= at(12) && atMs < at(25));
  expect(paused).toEqual([]);
  await expect(story.text).toMatchFileSnapshot("golden/paused.txt");
});
