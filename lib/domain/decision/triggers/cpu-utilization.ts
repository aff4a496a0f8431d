import { type Trigger, utilization } from "./trigger.ts";

const capacity = ({ tasks, size }: { tasks: number; size: { cpu: number } }) => tasks * size.cpu;

export const cpuUtilization: Trigger = {
  name: "CPU_UTILIZATION",
  sentence: "vCPU used over vCPU allocated, all tasks together.",
  unit: "ratio",
  metrics: ["cpuUsed"],
  resource: "CPU",
  sized: "cpu",
  scalesWithCapacity: true,
  forecast: { metric: "cpuUsed", value: (demand, allocation) => utilization(demand, capacity(allocation)) ?? 0 },
  read: (sample, { allocation }) => utilization(sample.values.cpuUsed, capacity(allocation)),
};
