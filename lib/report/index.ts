/**
 * What the controller did and what came of it, read from the store: for people and for programs that watch. Numbers are in
 * edge units: percent, vCPU, GiB, Gbit/s, milliseconds, dollars. Nothing here changes anything.
 */
export { type DashboardData, type DashboardOptions, scalingDashboardData } from "./dashboard.ts";
export { type ScalingMetrics, scalingMetrics } from "./metrics.ts";
