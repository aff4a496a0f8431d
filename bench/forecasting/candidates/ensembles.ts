import { at, type Candidate, type Predictor, path, STEPS } from "../candidate.ts";
import { fourierAr } from "./fourier-ar.ts";
import { holtWinters } from "./holt-winters.ts";
import { lagRidge } from "./lag-ridge.ts";
import { profileAr } from "./profile-ar.ts";
import { seasonalDrift } from "./seasonal-drift.ts";
import { seasonalNaive } from "./seasonal-naive.ts";
import { ses } from "./ses.ts";

const MEMBERS = [ses, seasonalDrift, holtWinters, profileAr, fourierAr];
const BACKTEST_ORIGINS = 24;

/** Median of five methods, step by step. */
export const medianEnsemble: Candidate = {
  name: "median of 5",
  fit(history, season) {
    const members = MEMBERS.map((member) => member.fit(history, season));
    return (series) => {
      const paths = members.map((predict) => predict(series));
      return path((step) => median(paths.map((p) => at(p, step))));
    };
  },
};

/** Mean of the median of 5 and the lag ridge: would an ensemble on top of what ships be better? */
export const medianWithLagRidge: Candidate = {
  name: "median of 5 + lag ridge",
  fit(history, season) {
    const members = [medianEnsemble, lagRidge].map((member) => member.fit(history, season));
    return (series) => {
      const paths = members.map((predict) => predict(series));
      return path((step) => paths.reduce((sum, p) => sum + at(p, step), 0) / paths.length);
    };
  },
};

/** Mean of six methods weighted by 1 / MAE² at each step, over the last day, hourly, fitted on the time before it. */
export const weightedEnsemble: Candidate = {
  name: "weighted of 6",
  fit(history, season) {
    const all = [...MEMBERS, seasonalNaive];
    const cut = history.length - season - STEPS;
    const trial = all.map((member) => errors(member.fit(history.subarray(0, cut), season), history, cut));
    const members = all.map((member) => member.fit(history, season));
    return (series) => {
      const paths = members.map((predict) => predict(series));
      return path((step) => {
        const weights = trial.map((mae) => 1 / (at(mae, step) ** 2 + 1e-12));
        const sum = weights.reduce((total, w) => total + w, 0);
        return paths.reduce((total, p, i) => total + (at(p, step) * at(weights, i)) / sum, 0);
      });
    };
  },
};

function errors(predict: Predictor, history: Float64Array, cut: number): Float64Array {
  const mae = new Float64Array(STEPS);
  const every = Math.max(1, Math.floor((history.length - STEPS - cut) / BACKTEST_ORIGINS));
  for (let origin = cut; origin + STEPS <= history.length; origin += every) {
    const ahead = predict(history.subarray(0, origin));
    for (let step = 0; step < STEPS; step++)
      mae[step] = at(mae, step) + Math.abs(at(ahead, step) - at(history, origin + step));
  }
  return mae;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
