import { at, type Candidate, path } from "../candidate.ts";

/** Same time yesterday: x(t + h) = y(t + h - D). */
export const seasonalNaive: Candidate = {
  name: "seasonal naive",
  fit: (_, season) => (series) => path((step) => at(series, Math.max(0, series.length - season + step))),
};
