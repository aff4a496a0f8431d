import { describe, expect, it } from "vitest";
import { staticP99 } from "../../../lib/backtest/peers/static-p99.ts";
import { driveScaler } from "./fluid-service.ts";

const HOUR = 3_600_000;
const CONTEXT = {
  tasksMin: 1,
  tasksMax: 40,
  startMs: 0,
  scoredFromMs: 10 * HOUR,
  taskRequestsPerSecond: 10,
  taskWorkers: 1,
};

describe("static at p99", () => {
  const service = { fromMs: 0, toMs: 20 * HOUR, tasks: 3, startUpMs: 30_000, publicationDelayMs: 22_000 };
  // 600 minutes of warm-up: five of them (under 1 %) at 35, thirty at 14, the others at 3.5.
  const warmUp = (minute: number) => (minute < 130 && minute >= 125 ? 35 : minute >= 200 && minute < 230 ? 14 : 3.5);

  it("looks during the warm-up at the maximum, then has the 99th percentile's tasks for good", () => {
    const { minutes } = driveScaler(staticP99.create({}, CONTEXT), { ...service, load: (ms) => warmUp(ms / 60_000) });
    expect(new Set(minutes.slice(0, 600))).toEqual(new Set([40]));
    expect(new Set(minutes.slice(600))).toEqual(new Set([20]));
  });

  it("knows nothing of what comes after the warm-up", () => {
    const load = (ms: number) => (ms < CONTEXT.scoredFromMs ? warmUp(ms / 60_000) : 38);
    expect(driveScaler(staticP99.create({}, CONTEXT), { ...service, load }).minutes.at(-1)).toBe(20);
  });

  it("stays at the maximum without a warm-up to look at", () => {
    const scaler = staticP99.create({}, { ...CONTEXT, scoredFromMs: 0 });
    const { minutes } = driveScaler(scaler, { ...service, toMs: HOUR, load: () => 1 });
    expect(new Set(minutes)).toEqual(new Set([40]));
  });
});
