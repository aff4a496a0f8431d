import { cpuUtilization } from "./cpu-utilization.ts";
import type { Trigger } from "./trigger.ts";

/** CPU utilization as forecast for now + lead; without a trusted forecast it has no value and wants nothing. */
export const predictive: Trigger = {
  ...cpuUtilization,
  name: "PREDICTIVE",
  sentence: "Forecast CPU utilization at the lead time, upper bound of the prediction interval.",
  resource: "CAPACITY",
  forecastOnly: true,
};
