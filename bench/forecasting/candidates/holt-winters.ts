import { at, type Candidate, path } from "../candidate.ts";

interface Weights {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
}

const GRID: readonly Weights[] = [0.1, 0.3, 0.6, 0.9].flatMap((alpha) =>
  [0, 0.05].flatMap((beta) => [0.05, 0.2, 0.5].map((gamma) => ({ alpha, beta, gamma, phi: 0.9 }))),
);

/**
 * Holt-Winters, additive season, damped trend (Gardner & McKenzie 1985; Hyndman & Athanasopoulos, Forecasting, ch. 8):
 *   l = α (y - s) + (1 - α)(l + φ b),  b = β (l - l') + (1 - β) φ b,  s = γ (y - l) + (1 - γ) s,
 *   x(t + h) = l + (φ + … + φ^h) b + s(t + h - D). Weights from a grid by the one-step absolute error.
 */
export const holtWinters: Candidate = {
  name: "Holt-Winters",
  fit(history, season) {
    let best = { weights: GRID[0] as Weights, loss: Number.POSITIVE_INFINITY };
    for (const weights of GRID) {
      const { loss } = run(history, season, weights);
      if (loss < best.loss) best = { weights, loss };
    }
    return (series) => {
      const { level, trend, seasonal } = run(series, season, best.weights);
      let damped = 0;
      return path((step) => {
        damped += best.weights.phi ** (step + 1);
        return level + damped * trend + at(seasonal, (series.length + step) % season);
      });
    };
  },
};

function run(series: Float64Array, season: number, { alpha, beta, gamma, phi }: Weights) {
  const seasonal = new Float64Array(season);
  const first = series.subarray(0, season);
  let level = first.reduce((sum, y) => sum + y, 0) / Math.max(1, first.length);
  for (let i = 0; i < first.length; i++) seasonal[i] = at(series, i) - level;
  let trend = 0;
  let loss = 0;
  for (let i = season; i < series.length; i++) {
    const y = at(series, i);
    const slot = i % season;
    const s = at(seasonal, slot);
    const expected = level + phi * trend;
    loss += Math.abs(y - expected - s);
    const next = alpha * (y - s) + (1 - alpha) * expected;
    trend = beta * (next - level) + (1 - beta) * phi * trend;
    level = next;
    seasonal[slot] = gamma * (y - level) + (1 - gamma) * s;
  }
  return { level, trend, seasonal, loss };
}
