import type { Trigger } from "./trigger.ts";

export const responseTime: Trigger = {
  name: "RESPONSE_TIME",
  sentence: "Mean response time of the period.",
  unit: "milliseconds",
  metrics: ["responseTime"],
  resource: "INSTANCES",
  sized: "cpu",
  scalesWithCapacity: false,
  read: (sample) => sample.values.responseTime,
};
