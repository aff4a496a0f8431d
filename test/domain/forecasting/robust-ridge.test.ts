import { expect, test } from "vitest";
import { robustRidge } from "../../../lib/domain/forecasting/robust-ridge.ts";

function observations(rows: readonly (readonly number[])[], y: readonly number[]) {
  return { x: Float64Array.from(rows.flat()), y: Float64Array.from(y), width: rows[0]?.length ?? 0 };
}

test("an exact linear law is found: y = 2 a - 3 b", () => {
  const rows = [
    [1, 0],
    [0, 1],
    [1, 1],
    [2, 1],
    [1, 3],
  ];
  const w = robustRidge(
    observations(
      rows,
      rows.map(([a = 0, b = 0]) => 2 * a - 3 * b),
    ),
    0,
  );
  expect(w[0]).toBeCloseTo(2, 6);
  expect(w[1]).toBeCloseTo(-3, 6);
});

test("the penalty pulls towards 0: Σxy / (Σx² + λn) = 14 / (14 + 3·1) where the weights of the rows stay equal", () => {
  // one row repeated: all residuals are equal, δ is half of each, so every row weighs 1/2 and the factor cancels
  const w = robustRidge(observations([[2], [2], [2]], [4, 4, 4]), 1);
  expect(w[0]).toBeCloseTo((3 * 2 * 4) / (3 * 4 + 3), 9);
});

test("one wild row in 20 moves the slope by less than a tenth of what least squares would allow", () => {
  const rows = Array.from({ length: 20 }, (_, i) => [1 + (i % 5)]);
  const y = rows.map(([x = 0], i) => (i === 19 ? 500 : 2 * x + (i % 2 ? 0.1 : -0.1)));
  const xy = rows.reduce((sum, [x = 0], i) => sum + x * (y[i] ?? 0), 0);
  const leastSquares = xy / rows.reduce((sum, [x = 0]) => sum + x * x, 0);
  const [slope = 0] = robustRidge(observations(rows, y), 0);
  expect(leastSquares).toBeGreaterThan(12);
  expect(Math.abs(slope - 2)).toBeLessThan((leastSquares - 2) / 10);
});

test("no rows, or features that are all 0, give zeros", () => {
  expect(Array.from(robustRidge({ x: new Float64Array(0), y: new Float64Array(0), width: 2 }, 0.1))).toEqual([0, 0]);
  expect(
    Array.from(
      robustRidge(
        observations(
          [
            [0, 0],
            [0, 0],
          ],
          [1, 2],
        ),
        0,
      ),
    ),
  ).toEqual([0, 0]);
});
