import type { Trigger } from "./trigger.ts";

export const queueLength: Trigger = {
  name: "QUEUE_LENGTH",
  sentence: "Operations that wait.",
  unit: "count",
  metrics: ["queueLength"],
  resource: "INSTANCES",
  sized: "cpu",
  scalesWithCapacity: false,
  read: (sample) => sample.values.queueLength,
};
