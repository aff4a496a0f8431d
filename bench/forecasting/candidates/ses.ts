import { at, type Candidate, path } from "../candidate.ts";

const ALPHAS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Simple exponential smoothing: l(t) = α y(t) + (1 - α) l(t - 1), flat ahead; α by the one-step absolute error. */
export const ses: Candidate = {
  name: "SES",
  fit(history) {
    let best = { alpha: 1, loss: Number.POSITIVE_INFINITY };
    for (const alpha of ALPHAS) {
      const { loss } = smooth(history, alpha);
      if (loss < best.loss) best = { alpha, loss };
    }
    return (series) => {
      const { level } = smooth(series, best.alpha);
      return path(() => level);
    };
  },
};

function smooth(series: Float64Array, alpha: number): { level: number; loss: number } {
  let level = at(series, 0);
  let loss = 0;
  for (const y of series) {
    loss += Math.abs(y - level);
    level += alpha * (y - level);
  }
  return { level, loss };
}
