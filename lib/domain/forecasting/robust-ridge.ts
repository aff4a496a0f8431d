import { addNormalEquations, type WeightedColumns } from "./normal-equations.ts";

/** Rounds of reweighting after the plain fit: the second already moves the weights by little. */
const REWEIGHTINGS = 2;

/** Observations: `x` holds `width` features a row, row after row; `y` one target a row. */
export interface Observations {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly width: number;
}

/**
 * Weights w that make x·w close to y without letting outliers rule: ridge regression
 *   (Σ v x xᵀ + λ Σv I) w = Σ v x y
 * with v = 1 at first and then, twice, v = min(1, δ / |y - x·w|), δ = half the mean absolute residual: iteratively
 * reweighted least squares for the Huber loss (Holland & Welsch 1977; ridge: Hoerl & Kennard 1970).
 * The penalty pulls towards w = 0. No rows give zeros.
 */
export function robustRidge({ x, y, width }: Observations, lambda: number): Float64Array {
  let weights: Float64Array = new Float64Array(width);
  if (y.length === 0) return weights;
  const observed = { columns: columnsOf(x, y.length, width), weights: new Float64Array(y.length).fill(1), targets: y };
  for (let round = 0; round <= REWEIGHTINGS; round++) {
    weights = weightedRidge(observed, lambda);
    if (round < REWEIGHTINGS) reweigh(observed, weights);
  }
  return weights;
}

function columnsOf(x: Float64Array, rows: number, width: number): Float64Array[] {
  return Array.from({ length: width }, (_, i) => {
    const column = new Float64Array(rows);
    for (let row = 0; row < rows; row++) column[row] = x[row * width + i] as number;
    return column;
  });
}

function reweigh({ columns, weights: trust, targets }: WeightedColumns, weights: Float64Array): void {
  trust.set(targets);
  for (const [i, column] of columns.entries()) {
    const weight = weights[i] as number;
    for (let row = 0; row < trust.length; row++) trust[row] = (trust[row] as number) - (column[row] as number) * weight;
  }
  let total = 0;
  for (let row = 0; row < trust.length; row++) {
    const distance = Math.abs(trust[row] as number);
    trust[row] = distance;
    total += distance;
  }
  const delta = total / trust.length / 2;
  for (let row = 0; row < trust.length; row++)
    trust[row] = (trust[row] as number) > delta ? delta / (trust[row] as number) : 1;
}

function weightedRidge(observed: WeightedColumns, lambda: number): Float64Array {
  const width = observed.columns.length;
  const normal = new Float64Array(width * width);
  const right = new Float64Array(width);
  addNormalEquations(observed, normal, right);
  let trustSum = 0;
  for (let row = 0; row < observed.weights.length; row++) trustSum += observed.weights[row] as number;
  for (let i = 0; i < width; i++) normal[i * width + i] = (normal[i * width + i] as number) + lambda * trustSum + 1e-12;
  return solve(normal, right);
}

/** Solves the symmetric positive definite system by Cholesky, in place; only the lower triangle is read. */
function solve(a: Float64Array, b: Float64Array): Float64Array {
  const k = b.length;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * k + j] as number;
      for (let m = 0; m < j; m++) sum -= (a[i * k + m] as number) * (a[j * k + m] as number);
      a[i * k + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[j * k + j] as number);
    }
    let rest = b[i] as number;
    for (let m = 0; m < i; m++) rest -= (a[i * k + m] as number) * (b[m] as number);
    b[i] = rest / (a[i * k + i] as number);
  }
  for (let i = k - 1; i >= 0; i--) {
    let rest = b[i] as number;
    for (let m = i + 1; m < k; m++) rest -= (a[m * k + i] as number) * (b[m] as number);
    b[i] = rest / (a[i * k + i] as number);
  }
  return b;
}
