import type { Trigger } from "./trigger.ts";

export const errorRate: Trigger = {
  name: "ERROR_RATE",
  sentence: "Failed share of the operations.",
  unit: "ratio",
  metrics: ["errorRate"],
  resource: "INSTANCES",
  sized: "cpu",
  scalesWithCapacity: false,
  read: (sample) => sample.values.errorRate,
};
