/**
 * Demand forecasts: `train` about hourly, `forecast` every few minutes, `pathAt` wherever a path is read. What the
 * models are and how they compare: docs/forecasting.md.
 */
export { forecast } from "./forecast.ts";
export { type DemandAhead, type DemandOutlook, demandAhead, minutesKnown, outlookOf } from "./growth/demand-outlook.ts";
export { type DemandSeries, demandSeries, firstAfter } from "./growth/demand-series.ts";
export { type GrowthModel, trainGrowth } from "./growth/growth-model.ts";
export {
  FORECAST_DEFAULTS,
  type ForecastOptions,
  type ForecastPath,
  type ForecastReason,
  type TrainedModel,
  type Verdict,
} from "./model.ts";
export { type PathPoint, pathAt } from "./path-at.ts";
export type { Series } from "./series.ts";
export { train } from "./train.ts";
