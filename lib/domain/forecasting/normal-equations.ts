/** Columns of observations of equal length, what each row weighs, and the target of each. */
export interface WeightedColumns {
  readonly columns: readonly Float64Array[];
  readonly weights: Float64Array;
  readonly targets: Float64Array;
}

/**
 * Adds the normal equations of weighted least squares: sum of w x xᵀ to the lower triangle of `normal`, sum of w x y to
 * `right`. Every cell is summed in the order of the rows. Four cells are summed at a time, so that no sum waits for the one
 * before; where fewer are left in a line the last is summed more than once, to the same number.
 */
export function addNormalEquations(
  { columns, weights, targets }: WeightedColumns,
  normal: Float64Array,
  right: Float64Array,
): void {
  const size = columns.length;
  const scaled = new Float64Array(targets.length);
  for (let i = 0; i < size; i++) {
    right[i] = scaleAndSum(columns[i] as Float64Array, weights, targets, { scaled, from: right[i] as number });
    for (let j = 0; j <= i; j += 4) addFourCells(columns, scaled, normal, i, j);
  }
}

/** The column times its weights into `scaled`; returns `from` and the sum of that times the targets. */
function scaleAndSum(
  column: Float64Array,
  weights: Float64Array,
  targets: Float64Array,
  { scaled, from }: { readonly scaled: Float64Array; readonly from: number },
): number {
  let sum = from;
  for (let row = 0; row < scaled.length; row++) {
    const value = (weights[row] as number) * (column[row] as number);
    scaled[row] = value;
    sum += value * (targets[row] as number);
  }
  return sum;
}

function addFourCells(
  columns: readonly Float64Array[],
  scaled: Float64Array,
  normal: Float64Array,
  line: number,
  first: number,
): void {
  const [second, third, fourth] = [Math.min(line, first + 1), Math.min(line, first + 2), Math.min(line, first + 3)];
  const start = line * columns.length;
  const a = columns[first] as Float64Array;
  const b = columns[second] as Float64Array;
  const c = columns[third] as Float64Array;
  const d = columns[fourth] as Float64Array;
  let sumA = normal[start + first] as number;
  let sumB = normal[start + second] as number;
  let sumC = normal[start + third] as number;
  let sumD = normal[start + fourth] as number;
  for (let row = 0; row < scaled.length; row++) {
    const value = scaled[row] as number;
    sumA += value * (a[row] as number);
    sumB += value * (b[row] as number);
    sumC += value * (c[row] as number);
    sumD += value * (d[row] as number);
  }
  normal[start + first] = sumA;
  normal[start + second] = sumB;
  normal[start + third] = sumC;
  normal[start + fourth] = sumD;
}
