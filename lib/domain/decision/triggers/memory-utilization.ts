import { type Trigger, utilization } from "./trigger.ts";

const capacity = ({ tasks, size }: { tasks: number; size: { memory: number } }) => tasks * size.memory;

export const memoryUtilization: Trigger = {
  name: "MEMORY_UTILIZATION",
  sentence: "GiB used over GiB allocated, all tasks together.",
  unit: "ratio",
  metrics: ["memoryUsed"],
  resource: "MEMORY",
  sized: "memory",
  scalesWithCapacity: true,
  forecast: { metric: "memoryUsed", value: (demand, allocation) => utilization(demand, capacity(allocation)) ?? 0 },
  read: (sample, { allocation }) => utilization(sample.values.memoryUsed, capacity(allocation)),
};
