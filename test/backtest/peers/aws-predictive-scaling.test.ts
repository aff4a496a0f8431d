import { describe, expect, it } from "vitest";
import { awsPredictiveScaling } from "../../../lib/backtest/peers/aws-predictive-scaling.ts";
import { awsTargetTracking20 } from "../../../lib/backtest/peers/aws-target-tracking.ts";
import { forecastHour } from "../../../lib/backtest/peers/hourly-forecast.ts";
import { driveScaler } from "./fluid-service.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const CONTEXT = { tasksMin: 1, tasksMax: 100, startMs: 0, scoredFromMs: 0, taskRequestsPerSecond: 10, taskWorkers: 1 };

describe("the forecast of an hour", () => {
  it("is what the same hour of other days had", () => {
    const history = new Map(Array.from({ length: 72 }, (_, hour) => [hour, hour % 24]));
    expect(forecastHour(history, 72 + 9, 72)).toBeCloseTo(9);
    expect(forecastHour(history, 72 + 33, 72)).toBeCloseTo(9);
  });

  it("weighs the same weekday most, and younger days more than older ones", () => {
    const hour = 7 * 24;
    const daily = new Map(Array.from({ length: 7 }, (_, day) => [24 * day, day === 0 ? 10 : 20]));
    const forecast = forecastHour(daily, hour, hour) ?? 0;
    expect(forecast).toBeGreaterThan(10);
    expect(forecast).toBeLessThan(17);
    const rising =
      forecastHour(
        new Map([
          [0, 10],
          [24, 20],
        ]),
        48,
        48,
      ) ?? 0;
    expect(rising).toBeCloseTo((0.9 * 20 + 0.81 * 10) / (0.9 + 0.81));
  });

  it("does not look past what is known, nor further back than 14 days", () => {
    expect(forecastHour(new Map([[24, 5]]), 48, 24)).toBeUndefined();
    const old = new Map([[0, 5]]);
    expect(forecastHour(old, 14 * 24, 14 * 24)).toBeCloseTo(5);
    expect(forecastHour(old, 15 * 24, 15 * 24)).toBeUndefined();
  });
});

describe("predictive scaling with target tracking", () => {
  /** Busy from 8 to 20, every day. */
  const daily = (ms: number) => (Math.floor(ms / HOUR) % 24 >= 8 && Math.floor(ms / HOUR) % 24 < 20 ? 14 : 3.5);
  const service = { load: daily, fromMs: 0, toMs: 72 * HOUR, tasks: 5, startUpMs: 60_000, publicationDelayMs: 22_000 };
  const run = driveScaler(awsPredictiveScaling.create({}, CONTEXT), service);
  const at = (hour: number, minute: number) => run.minutes[60 * hour + minute];

  it("reacts like target tracking until there are 24 hours of history", () => {
    const reactive = driveScaler(awsTargetTracking20.create({}, CONTEXT), service);
    expect(run.minutes.slice(0, 24 * 60)).toEqual(reactive.minutes.slice(0, 24 * 60));
    expect(at(8, 0)).toBe(5);
  });

  it("has what the hour needs five minutes before it begins", () => {
    expect(at(24 + 7, 54)).toBe(5);
    expect(at(24 + 7, 55)).toBe(20);
    expect(at(48 + 7, 55)).toBe(20);
  });

  it("does not scale in by itself: that is up to target tracking, after its 15 minutes", () => {
    expect(at(48 + 20, 10)).toBe(20);
    expect(at(48 + 20, 20)).toBe(5);
  });

  it("is never short on a day that is like the days before", () => {
    const firstDay = driveScaler(awsPredictiveScaling.create({}, CONTEXT), { ...service, toMs: 24 * HOUR }).shortMs;
    expect(firstDay).toBeGreaterThan(MINUTE);
    expect(run.shortMs).toBe(firstDay);
  });
});
