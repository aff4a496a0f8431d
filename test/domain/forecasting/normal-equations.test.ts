import { expect, test } from "vitest";
import { addNormalEquations } from "../../../lib/domain/forecasting/normal-equations.ts";
import { Prng } from "../../../lib/simulation/prng.ts";

test.each([1, 4, 6, 11])("the sums over %d columns are those of one row after the other, to the last bit", (size) => {
  const prng = new Prng(1, size);
  const draw = () => Float64Array.from({ length: 101 }, () => prng.normal());
  const [columns, weights, targets] = [Array.from({ length: size }, draw), draw().map(Math.abs), draw()];
  const [normal, right] = [new Float64Array(size * size).fill(3), new Float64Array(size).fill(2)];
  const [plainNormal, plainRight] = [normal.slice(), right.slice()];
  for (let row = 0; row < targets.length; row++)
    for (let i = 0; i < size; i++) {
      const scaled = (weights[row] ?? 0) * (columns[i]?.[row] ?? 0);
      plainRight[i] = (plainRight[i] ?? 0) + scaled * (targets[row] ?? 0);
      for (let j = 0; j <= i; j++) {
        const at = i * size + j;
        plainNormal[at] = (plainNormal[at] ?? 0) + scaled * (columns[j]?.[row] ?? 0);
      }
    }
  addNormalEquations({ columns, weights, targets }, normal, right);
  expect(normal).toEqual(plainNormal);
  expect(right).toEqual(plainRight);
});
