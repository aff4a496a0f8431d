import { conformalMargins } from "./conformal.ts";
import type { LagCurves } from "./lag-curves.ts";
import { fitLagRidge, type LagRows, predictLagRidge, presentIsKnown } from "./lag-ridge.ts";
import type { Margins, Verdict } from "./model.ts";
import { fromRoot } from "./root.ts";

/** Parts the tested time is cut into; each is forecast by weights fitted on the time before it. */
const FOLDS = 8;
/** Seasons tested at most: the newest. */
const SEASONS_TESTED_MAX = 7;
/** Seasons that the first fit needs at least: one for the lags and half of one for rows. */
const SEASONS_BEFORE_TEST = 1.5;
/** An origin every 15 minutes. */
const ORIGIN_STRIDE = 3;
/** Origins below which nothing is trusted: with 36 there are nine hours of hits and misses. */
export const ORIGINS_MIN = 36;
/** Skill below which being better is not worth the risk. */
const SKILL_MIN = 0.02;
/** Mean gain over its standard error: 1.645 is one-sided 5 % by the normal distribution. */
const GAIN_Z_MIN = 1.645;

/** What is tested: demand in root units (NaN a gap) and its curves. */
export interface Trial {
  readonly grid: Float64Array;
  readonly curves: LagCurves;
  readonly seasonSteps: number;
  /** Of the grid, for the steps ahead that get fitted weights, ascending. */
  readonly rows: readonly LagRows[];
  /** Steps ahead that are tested: 0 .. steps - 1. */
  readonly steps: number;
  /** Step that the verdict is about. */
  readonly leadStep: number;
  readonly coverage: number;
}

export interface Backtest {
  readonly verdict: Verdict;
  readonly margins: { readonly model: Margins; readonly naive: Margins };
}

interface Scores {
  /** Outcome - forecast in root units, one list a step. */
  readonly model: number[][];
  readonly naive: number[][];
  /** |naive error| and |model error| at the lead, in demand / scale: it is demand that has to be met, not its root. */
  readonly naiveLoss: number[];
  readonly modelLoss: number[];
}

/**
 * Rolling-origin backtest on the newest half. Every forecast is made by weights that saw nothing of its fold, from what
 * was known at its origin; origins inside or right after a long gap are skipped.
 */
export function backtest(trial: Trial): Backtest {
  const scores = replay(trial);
  const tested = scores.naiveLoss.length >= ORIGINS_MIN;
  return {
    verdict: judge(scores.naiveLoss, scores.modelLoss),
    margins: {
      model: tested ? marginsOf(scores.model, trial.coverage) : { below: [], above: [] },
      naive: tested ? marginsOf(scores.naive, trial.coverage) : { below: [], above: [] },
    },
  };
}

/**
 * Beats naive if the mean gain g = |naive error| - |model error| over the origins is at least SKILL_MIN of the naive
 * error and GAIN_Z_MIN standard errors from zero (Diebold & Mariano 1995, one-sided, origins taken as independent).
 */
export function judge(naiveLoss: readonly number[], modelLoss: readonly number[]): Verdict {
  const origins = naiveLoss.length;
  if (origins < ORIGINS_MIN) return { trusted: false, reason: "not-enough-history", skill: 0, origins };
  const gains = naiveLoss.map((loss, i) => loss - (modelLoss[i] as number));
  const gain = mean(gains);
  const naive = mean(naiveLoss);
  const error = Math.sqrt(mean(gains.map((g) => (g - gain) ** 2)) / origins);
  const skill = naive > 0 ? gain / naive : 0;
  const trusted = skill >= SKILL_MIN && gain >= GAIN_Z_MIN * error;
  return { trusted, reason: trusted ? "beats-naive" : "no-better-than-naive", skill, origins };
}

/** The newest half: weights fitted on much less than the live ones would be judged in their place. */
function firstTested(length: number, seasonSteps: number): number {
  const enough = Math.ceil(SEASONS_BEFORE_TEST * seasonSteps);
  return Math.max(enough, Math.floor(length / 2), length - SEASONS_TESTED_MAX * seasonSteps);
}

function replay(trial: Trial): Scores {
  const { grid, curves, seasonSteps } = trial;
  const scores: Scores = { model: lists(trial.steps), naive: lists(trial.steps), naiveLoss: [], modelLoss: [] };
  const first = firstTested(grid.length, seasonSteps);
  const foldSteps = Math.max(1, Math.ceil((grid.length - first) / FOLDS));
  for (let fold = first; fold < grid.length; fold += foldSteps) {
    const ridge = fitLagRidge(trial.rows, fold);
    const end = Math.min(grid.length, fold + foldSteps);
    for (let origin = fold; origin < end; origin += ORIGIN_STRIDE) {
      if (!presentIsKnown(grid, origin)) continue;
      for (let step = 0; step < trial.steps; step++) {
        const outcome = grid[origin + step];
        if (outcome === undefined || Number.isNaN(outcome)) continue;
        const forecast = Math.max(0, predictLagRidge(ridge, { grid, curves, origin }, step));
        record(scores, trial, step, { outcome, forecast, last: grid[origin - 1] as number });
      }
    }
  }
  return scores;
}

function record(
  scores: Scores,
  trial: Trial,
  step: number,
  at: { outcome: number; forecast: number; last: number },
): void {
  scores.model[step]?.push(at.outcome - at.forecast);
  scores.naive[step]?.push(at.outcome - at.last);
  if (step !== trial.leadStep) return;
  const outcome = fromRoot(at.outcome, 1);
  scores.naiveLoss.push(Math.abs(outcome - fromRoot(at.last, 1)));
  scores.modelLoss.push(Math.abs(outcome - fromRoot(at.forecast, 1)));
}

function marginsOf(residuals: readonly (readonly number[])[], coverage: number): Margins {
  const margins = residuals.map((list) => conformalMargins(new Float64Array(list), coverage));
  return { below: margins.map((m) => m.below), above: margins.map((m) => m.above) };
}

function lists(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
