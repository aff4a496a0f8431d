import type { Trigger } from "./trigger.ts";

export const throughput: Trigger = {
  name: "THROUGHPUT",
  sentence: "Operations finished per second, whole component.",
  unit: "perSecond",
  metrics: ["throughput"],
  resource: "INSTANCES",
  sized: "cpu",
  scalesWithCapacity: false,
  read: (sample) => sample.values.throughput,
};
