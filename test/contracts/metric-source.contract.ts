import { beforeEach, describe, expect, test } from "vitest";
import { METRICS, type Sample } from "../../lib/domain/model/sample.ts";
import type { MetricRequest, MetricSource } from "../../lib/ports.ts";

const MINUTE = 60_000;

/** A source over two services: "busy" with traffic, "idle" without; two tasks of half a vCPU and 1 GiB each. */
export interface MetricWorld {
  readonly source: MetricSource;
  readonly startMs: number;
  /** Lets time pass. */
  advanceTo(nowMs: number): void;
}

const allocation = { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 0 } };

/** What every MetricSource must do; each adapter runs all of it. */
export function metricSourceContract(name: string, make: () => MetricWorld): void {
  describe(`${name} keeps the contract of MetricSource`, () => {
    let world: MetricWorld;
    beforeEach(() => {
      world = make();
    });
    const read = async (nowMs: number, requests: readonly MetricRequest[]) => {
      world.advanceTo(nowMs);
      return await world.source.read(
        requests.map((request) => ({ ...request, allocationAt: () => allocation })),
        nowMs,
      );
    };
    const samplesOf = async (nowMs: number, component: string, sinceMs: number): Promise<readonly Sample[]> => {
      const [answer] = await read(nowMs, [{ component, sinceMs }]);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
      return answer;
    };

    test("answers in the order of the requests; an unknown component is an error in its place, not a throw", async () => {
      const since = world.startMs;
      const names = ["idle", "nobody", "busy"];
      const answers = await read(
        since + 10 * MINUTE,
        names.map((component) => ({ component, sinceMs: since })),
      );
      expect(answers.map((answer) => answer instanceof Error)).toEqual([false, true, false]);
      const throughput = answers.map((answer) => (answer instanceof Error ? -1 : answer.at(-1)?.values.throughput));
      expect(throughput[0]).toBe(0);
      expect(throughput[2]).toBeGreaterThan(0);
      expect(await read(since + 10 * MINUTE, [])).toEqual([]);
    });

    test("samples are ascending, aligned, after `sinceMs` and never of the future", async () => {
      const nowMs = world.startMs + 12 * MINUTE;
      const sinceMs = world.startMs + 4 * MINUTE;
      const samples = await samplesOf(nowMs, "busy", sinceMs);
      const ends = samples.map(({ endMs }) => endMs);
      expect(ends[0]).toBe(sinceMs + MINUTE);
      expect(ends.length).toBeGreaterThan(3);
      for (const [i, { endMs, periodMs }] of samples.entries()) {
        expect(periodMs).toBe(MINUTE);
        expect(endMs).toBe(sinceMs + (i + 1) * MINUTE);
        expect(endMs).toBeLessThanOrEqual(nowMs);
      }
    });

    test("read after read, each period comes once, and within five minutes", async () => {
      for (const component of ["busy", "idle"]) {
        world = make();
        let sinceMs = world.startMs;
        const seen: number[] = [];
        for (let nowMs = world.startMs; nowMs <= world.startMs + 40 * MINUTE; nowMs += MINUTE / 2) {
          const samples = await samplesOf(nowMs, component, sinceMs);
          for (const { endMs } of samples) {
            seen.push(endMs);
            expect(nowMs - endMs).toBeLessThan(5 * MINUTE);
          }
          sinceMs = samples.at(-1)?.endMs ?? sinceMs;
        }
        expect(seen).toEqual(seen.map((_, i) => world.startMs + (i + 1) * MINUTE));
        expect(seen.length).toBeGreaterThanOrEqual(36);
      }
    });

    test("a sample is final: read again later it is the same", async () => {
      const first = await samplesOf(world.startMs + 10 * MINUTE, "busy", world.startMs);
      const again = await samplesOf(world.startMs + 15 * MINUTE, "busy", world.startMs);
      expect(first.length).toBeGreaterThan(4);
      expect(again.slice(0, first.length)).toEqual(first);
    });

    test("every metric is a finite number or absent with a reason, never both; use is absolute", async () => {
      const samples = await samplesOf(world.startMs + 15 * MINUTE, "busy", world.startMs);
      for (const { values, absent } of samples) {
        for (const metric of METRICS) {
          const value = values[metric];
          expect([metric, value === undefined]).toEqual([metric, absent[metric] !== undefined]);
          expect(value ?? 0).toSatisfy((each: number) => Number.isFinite(each) && each >= 0);
        }
        expect(values.cpuUsed).toBeGreaterThan(10); // milli-vCPU, of 1000
        expect(values.cpuUsed).toBeLessThan(1000);
        expect(values.responseTime).toBeGreaterThan(10); // ms
        expect(values.errorRate).toBeLessThan(1);
      }
    });

    test("without traffic the throughput is 0, and there is no response time or error rate to know", async () => {
      const samples = await samplesOf(world.startMs + 15 * MINUTE, "idle", world.startMs);
      expect(samples.length).toBeGreaterThan(8);
      for (const { values, absent } of samples) {
        expect(values.throughput).toBe(0);
        expect(absent).toMatchObject({ responseTime: "no-traffic", errorRate: "no-traffic" });
        expect(values.cpuUsed).toBeGreaterThan(0);
      }
    });
  });
}
