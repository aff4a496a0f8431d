import { type Trigger, utilization } from "./trigger.ts";

const capacity = ({ tasks, size }: { tasks: number; size: { network: number } }) => tasks * size.network;

export const networkUtilization: Trigger = {
  name: "NETWORK_UTILIZATION",
  sentence: "Traffic over the bandwidth that the tasks are counted with; more tasks bring more bandwidth.",
  unit: "ratio",
  metrics: ["networkUsed"],
  resource: "INSTANCES",
  sized: "cpu",
  scalesWithCapacity: true,
  forecast: { metric: "networkUsed", value: (demand, allocation) => utilization(demand, capacity(allocation)) ?? 0 },
  read: (sample, { allocation }) => utilization(sample.values.networkUsed, capacity(allocation)),
};
