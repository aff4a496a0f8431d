import { expect, test } from "vitest";
import { bootstrap, geometricMean, mean } from "../../lib/backtest/bootstrap.ts";
import { compareAtEqualService, costAtLevel } from "../../lib/backtest/cost-at-equal-service.ts";
import { paretoFront } from "../../lib/backtest/pareto.ts";

const point = (taskHours: number, violatingShare: number) => ({ taskHours, violatingShare });

test("a Pareto front has what no other point beats in both", () => {
  const points = [point(5, 0.1), point(3, 0.2), point(4, 0.2), point(6, 0.1), point(7, 0.05), point(3, 0.4)];
  expect(paretoFront(points)).toEqual([point(3, 0.2), point(5, 0.1), point(7, 0.05)]);
  expect(paretoFront([])).toEqual([]);
});

test("the geometric mean of a ratio and its inverse is one", () => {
  expect(geometricMean([4, 0.25])).toBeCloseTo(1, 12);
  expect(geometricMean([1, 10, 100])).toBeCloseTo(10, 12);
});

test("a bootstrap interval holds the value, is the same for a seed, and narrow where traces agree", () => {
  const ratios = [0.7, 0.8, 0.9, 1, 1.1, 0.75, 0.85];
  const estimate = bootstrap(ratios, geometricMean, 7);
  expect(estimate).toEqual(bootstrap(ratios, geometricMean, 7));
  expect(estimate?.value).toBeCloseTo(geometricMean(ratios), 12);
  expect(estimate?.low).toBeLessThan(estimate?.value ?? 0);
  expect(estimate?.high).toBeGreaterThan(estimate?.value ?? 0);
  expect(bootstrap([0.8, 0.8, 0.8], geometricMean, 1)?.high).toBeCloseTo(0.8, 12);
});

test("the interval of a mean is about the normal one", () => {
  const values = Array.from({ length: 200 }, (_, at) => at % 20); // deviation 5.77, of the mean 0.408
  const estimate = bootstrap(values, mean, 3);
  expect(((estimate?.high ?? 0) - (estimate?.low ?? 0)) / (2 * 1.96 * 0.408)).toBeCloseTo(1, 0.8);
});

test("one or two traces say nothing about others; none have no value", () => {
  expect(bootstrap([0.5, 0.7], mean, 1)).toEqual({ value: 0.6 });
  expect(bootstrap([], mean, 1)).toBeUndefined();
});

test("the cost at a level is linear in the logarithm of the share", () => {
  const curve = [point(100, 0.01), point(200, 0.0001)];
  expect(costAtLevel(curve, 0.001)).toEqual({ taskHours: expect.closeTo(150, 9) });
  expect(costAtLevel(curve, 0.01)).toEqual({ taskHours: 100 });
  expect(costAtLevel([...curve, point(160, 0.001), point(500, 0.0009)], 0.001)).toEqual({ taskHours: 160 });
});

test("a share of nothing counts as 0.001 %", () => {
  expect(costAtLevel([point(100, 0.001), point(200, 0)], 0.0001)).toEqual({ taskHours: expect.closeTo(150, 9) });
});

test("a level that the curve does not reach has no cost, and says on which side", () => {
  const curve = [point(100, 0.01), point(200, 0.002)];
  expect(costAtLevel(curve, 0.001)).toEqual({ outOfReach: true });
  expect(costAtLevel(curve, 0.02)).toEqual({ always: true });
  expect(costAtLevel([], 0.001)).toEqual({ outOfReach: true });
});

test("cost at equal service: ratios of the levels both reach, everything else counted", () => {
  const ours = [point(80, 0.02), point(120, 0.0002)];
  const theirs = [point(100, 0.02), point(150, 0.0002)];
  const short = [point(100, 0.02), point(110, 0.002)];
  const comparison = compareAtEqualService(
    "peer",
    [
      { trace: "a", ours, theirs },
      { trace: "b", ours, theirs: ours },
      { trace: "c", ours, theirs: short },
      { trace: "d", ours: short, theirs },
      { trace: "e", ours: [point(10, 0.0001), point(9, 0.0005)], theirs: [point(5, 0.5)] },
    ],
    1,
  );
  expect(comparison).toMatchObject({
    compared: 3 + 3 + 2 + 2 + 1 - 1,
    onlyOursReaches: 1 + 3,
    onlyPeerReaches: 1,
    neitherReaches: 0,
    beyondSweep: 0,
  });
  expect(comparison.traces.map(({ ratio }) => ratio)).toEqual([
    expect.closeTo(0.8, 2),
    expect.closeTo(1, 9),
    expect.any(Number),
    expect.any(Number),
    null,
  ]);
  expect(comparison.traces[2]?.levels[0]).toEqual({ level: 0.001, unavailable: "peer: every setting violates more" });
  expect(comparison.traces[3]?.levels[0]).toEqual({ level: 0.001, unavailable: "ours: every setting violates more" });
  const all = comparison.traces.flatMap(({ levels }) =>
    levels.flatMap((each) => ("ratio" in each ? [each.ratio] : [])),
  );
  expect(comparison.ratio?.value).toBeCloseTo(geometricMean(all), 12);
  expect(comparison.worst).toBe(Math.max(...comparison.traces.map(({ ratio }) => ratio ?? 0)));
});

test("swapping the sides inverts the ratio and exchanges who reaches what", () => {
  const ours = [point(80, 0.02), point(120, 0.002)];
  const theirs = [point(100, 0.02), point(150, 0.0002)];
  const here = compareAtEqualService("peer", [{ trace: "a", ours, theirs }], 1);
  const there = compareAtEqualService("peer", [{ trace: "a", ours: theirs, theirs: ours }], 1);
  expect((here.ratio?.value ?? 0) * (there.ratio?.value ?? 0)).toBeCloseTo(1, 12);
  expect([there.onlyOursReaches, there.onlyPeerReaches]).toEqual([here.onlyPeerReaches, here.onlyOursReaches]);
});
