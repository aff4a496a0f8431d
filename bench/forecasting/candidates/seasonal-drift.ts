import { at, type Candidate, path } from "../candidate.ts";

/** How much of today's difference from yesterday survives a step: half of it is gone after 68 minutes. */
const DAMPING = 0.95;

/** Yesterday plus a fading difference: x(t + h) = y(t + h - D) + φ^(h+1) · (y(t) - y(t - D)). */
export const seasonalDrift: Candidate = {
  name: "seasonal naive + drift",
  fit: (_, season) => (series) => {
    const n = series.length;
    const drift = at(series, n - 1) - at(series, Math.max(0, n - 1 - season));
    return path((step) => at(series, Math.max(0, n - season + step)) + DAMPING ** (step + 1) * drift);
  },
};
