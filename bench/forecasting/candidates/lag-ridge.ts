import { lagCurves } from "../../../lib/domain/forecasting/lag-curves.ts";
import { fitLagRidge, lagRows, predictLagRidge } from "../../../lib/domain/forecasting/lag-ridge.ts";
import { fromRoot, toRoot } from "../../../lib/domain/forecasting/root.ts";
import { type Candidate, path } from "../candidate.ts";

const FITTED_STEPS = [0, 1, 3, 6, 12];

/** The method that ships, without its trust gate: lib/domain/forecasting/lag-ridge.ts. */
export const lagRidge: Candidate = {
  name: "lag ridge",
  fit(history, season) {
    const scale = history.reduce((sum, y) => sum + y, 0) / history.length || 1;
    const view = viewOf(history, season, scale);
    const ridge = fitLagRidge(lagRows(view, season, FITTED_STEPS), view.origin);
    return (series) => {
      const now = viewOf(series, season, scale);
      return path((step) => fromRoot(predictLagRidge(ridge, now, step), scale));
    };
  },
};

function viewOf(series: Float64Array, season: number, scale: number) {
  const grid = series.map((y) => toRoot(y, scale));
  return { grid, curves: lagCurves(grid, season), origin: grid.length };
}
