export { CloudWatchMetricSource } from "./metric-source.ts";
