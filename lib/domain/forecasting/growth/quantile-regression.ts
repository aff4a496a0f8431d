import { addNormalEquations, type WeightedColumns } from "../normal-equations.ts";

/**
 * Linear quantile regression by iteratively reweighted least squares: the weighted squares with weights
 * (q above the line, 1 - q below it) / |residual| have the pinball loss of Koenker and Bassett (1978) as their value, so
 * solving them again and again ends near its minimum (Schlossmacher 1973 for the median).
 */
export interface QuantileProblem {
  /** What is known of each row, column by column; the first is usually 1. */
  readonly features: readonly Float64Array[];
  /** One for each row. */
  readonly values: Float64Array;
  /** 0..1: the share of the values that shall lie below the line. */
  readonly quantile: number;
  /** Columns that may have a weight. */
  readonly columns: readonly number[];
  /** Weight of the sum of squared weights: keeps columns that say nothing near zero. */
  readonly ridge: number;
}

/** Residuals smaller than this count as this, so that no row gets a boundless weight. */
const RESIDUAL_MIN = 0.02;

/** Weights by column; zero for those not in `columns`. `from` and `to` bound the rows that are used. */
export function fitQuantile(problem: QuantileProblem, from: number, to: number, rounds: number): Float64Array {
  const { features, columns, ridge } = problem;
  const size = columns.length;
  const observed = observedRows(problem, from, to);
  let solved: Float64Array = new Float64Array(size);
  for (let round = 0; round < rounds; round++) {
    weigh(observed, solved, problem.quantile);
    const normal = new Float64Array(size * size);
    const right = new Float64Array(size);
    for (let i = 0; i < size; i++) normal[i * size + i] = ridge;
    addNormalEquations(observed, normal, right);
    solved = solvePositive(normal, right, size);
  }
  const weights = new Float64Array(features.length);
  for (let k = 0; k < size; k++) weights[columns[k] as number] = solved[k] as number;
  return weights;
}

function observedRows({ features, values, columns }: QuantileProblem, from: number, to: number): WeightedColumns {
  return {
    columns: columns.map((column) => (features[column] as Float64Array).subarray(from, to)),
    weights: new Float64Array(Math.max(0, to - from)),
    targets: values.subarray(from, to),
  };
}

/** Weighs every row by the side of the line on which it lies, and by how near. */
function weigh({ columns, weights, targets }: WeightedColumns, line: Float64Array, quantile: number): void {
  weights.fill(0);
  addFitted(weights, columns, line);
  for (let r = 0; r < weights.length; r++) {
    const residual = (targets[r] as number) - (weights[r] as number);
    weights[r] = (residual > 0 ? quantile : 1 - quantile) / Math.max(Math.abs(residual), RESIDUAL_MIN);
  }
}

/** Adds each column times its slope to every row, in the order of the columns; two at a time, which reads the rows half as often. */
function addFitted(rows: Float64Array, columns: readonly Float64Array[], slopes: ArrayLike<number>): void {
  for (let k = 0; k + 1 < columns.length; k += 2) {
    const [a, b] = [columns[k] as Float64Array, columns[k + 1] as Float64Array];
    const [slopeA, slopeB] = [slopes[k] as number, slopes[k + 1] as number];
    for (let r = 0; r < rows.length; r++)
      rows[r] = (rows[r] as number) + slopeA * (a[r] as number) + slopeB * (b[r] as number);
  }
  if (columns.length % 2 === 0) return;
  const last = columns[columns.length - 1] as Float64Array;
  const slope = slopes[columns.length - 1] as number;
  for (let r = 0; r < rows.length; r++) rows[r] = (rows[r] as number) + slope * (last[r] as number);
}

/** Cholesky on the lower triangle of a positive definite matrix. */
function solvePositive(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / (lower[j * size + j] as number);
    }
  }
  const half = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = right[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * size + k] as number) * (half[k] as number);
    half[i] = sum / (lower[i * size + i] as number);
  }
  const solved = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    let sum = half[i] as number;
    for (let k = i + 1; k < size; k++) sum -= (lower[k * size + i] as number) * (solved[k] as number);
    solved[i] = sum / (lower[i * size + i] as number);
  }
  return solved;
}

export function dot(weights: ArrayLike<number>, row: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += (weights[k] ?? 0) * (row[k] as number);
  return sum;
}

/** Sum of q x (value above) or (1 - q) x (value below the line) over the rows. */
export function pinballLoss(problem: QuantileProblem, weights: Float64Array, from: number, to: number): number {
  const { quantile } = problem;
  let sum = 0;
  for (const residual of residuals(problem, weights, from, to))
    sum += residual > 0 ? quantile * residual : (quantile - 1) * residual;
  return sum;
}

/** Mean of what is above the line, over all rows that are; 0 where none is. */
export function meanExcess(problem: QuantileProblem, weights: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const residual of residuals(problem, weights, 0, problem.values.length)) {
    if (residual <= 0) continue;
    sum += residual;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** What is above the line (positive) or below it, of each row. */
function residuals(
  { features, values }: QuantileProblem,
  weights: Float64Array,
  from: number,
  to: number,
): Float64Array {
  const left = new Float64Array(Math.max(0, to - from));
  addFitted(
    left,
    features.map((column) => column.subarray(from, to)),
    weights,
  );
  for (let r = 0; r < left.length; r++) left[r] = (values[from + r] as number) - (left[r] as number);
  return left;
}
