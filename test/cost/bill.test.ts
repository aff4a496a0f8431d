import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Config, compileTargets, loadConfig } from "../../lib/config/index.ts";
import { askedOf, billOf } from "../../lib/cost/bill.ts";
import { AIM_USD, costPage, presetDeployed } from "../../lib/cost/page.ts";
import { MEASURED } from "../../lib/cost/usage.ts";
import { synthesized } from "../infrastructure/synthesized.ts";

type Written = Parameters<typeof loadConfig>[0];
const targetsOf = (config: Config) => config.fleets.flatMap(compileTargets);
const usdOf = (config: Written, what: RegExp) =>
  billOf(loadConfig(config))
    .lines.filter((line) => what.test(line.what))
    .reduce((sum, { usd }) => sum + usd, 0);
const web = (name: string, more: object = {}) => ({ name, ...more });

describe("the monthly bill", () => {
  test("docs/cost.md is what the code computes (npm run cost -- --write-docs)", () => {
    expect(readFileSync(new URL("../../docs/cost.md", import.meta.url), "utf8")).toBe(costPage());
  });

  test("the seven preset components stay within the aim", () => {
    const { usd, components } = billOf(presetDeployed());
    expect(usd / components).toBeLessThanOrEqual(AIM_USD);
  });

  test("lines add up, for the whole and for each fleet", () => {
    const fleet = (name: string, count: number) => ({
      name,
      components: Array.from({ length: count }, (_, i) => web(`${name}-${i}`)),
    });
    const bill = billOf(loadConfig({ fleets: [fleet("one", 3), fleet("two", 9)] }));
    expect(bill.components).toBe(12);
    expect(bill.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(bill.usd, 9);
    expect(bill.fleets.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(bill.usd, 9);
    expect(bill.usdAfterAllowances).toBeLessThan(bill.usd);
    for (const { usd, quantity, what } of bill.lines) expect(usd * quantity, what).toBeGreaterThan(0);
  });

  test("two metrics asked for at every beat of a month: 2 x 120 x 720 / 1,000 x $0.01", () => {
    const config = { fleets: [{ monitor: { calmReading: false }, components: [web("a")] }] };
    expect(usdOf(config, /GetMetricData/)).toBeCloseTo(1.728, 9);
    expect(billOf(loadConfig(config)).usd).toBeCloseTo(billOf(loadConfig(config)).atEveryTick.usd, 9);
  });

  test("calm reading costs half, less where every rule needs several; at 20 s there is something new at every beat", () => {
    const config = (monitor: object, strategy = "REACTIVE") => ({
      fleets: [{ monitor, components: [web("a", { strategy })] }],
    });
    expect(usdOf(config({}, "CONSERVATIVE"), /GetMetricData/)).toBeLessThan(0.4 * usdOf(config({}), /GetMetricData/));
    const every = usdOf(config({ calmReading: false }), /GetMetricData/);
    expect(usdOf(config({}), /GetMetricData/)).toBeLessThan(0.6 * every);
    expect(usdOf(config({ periodSeconds: 20, freshSeconds: 210 }), /GetMetricData/)).toBeCloseTo(every, 9);
  });

  test("statistics of one metric in one request count once, and so does what two bindings share", () => {
    const [target] = targetsOf(presetDeployed());
    // CPU, memory, response time and how many; 5xx, which only the error rate needs
    expect(target && askedOf(target, 60)).toEqual([
      { metrics: 3, timesPerHour: 60 },
      { metrics: 1, timesPerHour: 60 },
    ]);
    expect(target && askedOf(target, 60, 20).at(1)).toEqual({ metrics: 1, timesPerHour: 20 });
    const [input] = target?.metrics.responseTime?.inputs ?? [];
    const statistics = (count: number) => {
      if (target === undefined || input === undefined) throw new Error("no response time");
      const inputs = Array.from({ length: count }, (_, i) => ({ ...input, id: `p${i}`, statistic: `p${90 + i}` }));
      const binding = { inputs, unit: "absolute", factor: 1, whenMissing: "absent" } as const;
      return askedOf({ ...target, metrics: { responseTime: binding } }, 60)[0]?.metrics;
    };
    expect([1, 5, 6].map(statistics)).toEqual([1, 1, 2]);
  });

  test("a metric of five minutes is asked for every five minutes", () => {
    const errorRate = { namespace: "Shop", name: "Failures", statistic: "Sum", periodSeconds: 300 } as const;
    const [target] = targetsOf(presetDeployed({ errorRate }));
    expect(target && askedOf(target, 60)).toEqual([
      { metrics: 3, timesPerHour: 60 },
      { metrics: 1, timesPerHour: 12 },
    ]);
  });

  test("where a rule reads the errors they are asked for with all others, and cost as much", () => {
    const balanced = {
      source: { targetGroup: "targetgroup/a/0123456789abcdef", loadBalancer: "app/a/0123456789abcdef" },
    };
    const reads = (rules: object) =>
      usdOf({ fleets: [{ components: [web("a", { ...balanced, rules })] }] }, /GetMetricData/);
    const [calm, watched] = [reads({}), reads({ errors: { trigger: "ERROR_RATE" } })];
    expect(watched / calm).toBeGreaterThan(1.15);
    expect(watched / calm).toBeLessThan(4 / 3);
  });

  test("as many alarms, schedules, queues and dashboards as the template has", { timeout: 120_000 }, () => {
    const configuration = {
      fleets: [
        { name: "one", components: [web("a")] },
        { name: "two", components: [web("b")] },
      ],
    };
    const { template } = synthesized({ configuration });
    const { lines } = billOf(loadConfig(configuration));
    const quantity = (price: string) =>
      lines.filter((line) => line.price === price).reduce((sum, each) => sum + each.quantity, 0);
    const count = (type: string) => Object.keys(template.findResources(type)).length;
    expect(count("AWS::CloudWatch::Alarm")).toBe(quantity("alarm"));
    expect(count("AWS::CloudWatch::Dashboard")).toBe(quantity("dashboard"));
    expect(count("AWS::Lambda::EventSourceMapping")).toBe(4);
    expect(count("AWS::Scheduler::Schedule")).toBe(4);
    expect(count("AWS::KMS::Key")).toBe(0);
  });

  test("own metrics: for as long as there is something to tell", () => {
    const config = { fleets: [{ components: [web("a")] }] };
    expect(usdOf(config, /^own metrics/)).toBeCloseTo(MEASURED.positiveMetrics * 0.3, 9);
  });
});
