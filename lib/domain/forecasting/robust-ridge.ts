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
  const trust = new Float64Array(y.length).fill(1);
  for (let round = 0; round <= REWEIGHTINGS; round++) {
    weights = weightedRidge({ x, y, width }, trust, lambda);
    if (round < REWEIGHTINGS) reweigh({ x, y, width }, weights, trust);
  }
  return weights;
}

function reweigh({ x, y, width }: Observations, weights: Float64Array, trust: Float64Array): void {
  let total = 0;
  for (let row = 0; row < y.length; row++) {
    let residual = y[row] as number;
    for (let i = 0, at = row * width; i < width; i++, at++) residual -= (x[at] as number) * (weights[i] as number);
    trust[row] = Math.abs(residual);
    total += Math.abs(residual);
  }
  const delta = total / y.length / 2;
  for (let row = 0; row < y.length; row++)
    trust[row] = (trust[row] as number) > delta ? delta / (trust[row] as number) : 1;
}

function weightedRidge({ x, y, width }: Observations, trust: Float64Array, lambda: number): Float64Array {
  const normal = new Float64Array(width * width);
  const right = new Float64Array(width);
  let trustSum = 0;
  for (let row = 0; row < y.length; row++) {
    const v = trust[row] as number;
    trustSum += v;
    const target = y[row] as number;
    const from = row * width;
    for (let i = 0; i < width; i++) {
      const vx = v * (x[from + i] as number);
      right[i] = (right[i] as number) + vx * target;
      const line = i * width;
      for (let j = 0; j <= i; j++) normal[line + j] = (normal[line + j] as number) + vx * (x[from + j] as number);
    }
  }
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
