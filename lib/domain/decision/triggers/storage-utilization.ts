import { FREE_STORAGE_MILLI } from "../../model/resources.ts";
import { type Trigger, utilization } from "./trigger.ts";

const capacity = ({ tasks, size }: { tasks: number; size: { storage: number } }) =>
  tasks * (FREE_STORAGE_MILLI + size.storage);

export const storageUtilization: Trigger = {
  name: "STORAGE_UTILIZATION",
  sentence: "Ephemeral storage used over reserved, the free 20 GiB of each task included.",
  unit: "ratio",
  metrics: ["storageUsed"],
  resource: "STORAGE",
  sized: "storage",
  scalesWithCapacity: true,
  forecast: { metric: "storageUsed", value: (demand, allocation) => utilization(demand, capacity(allocation)) ?? 0 },
  read: (sample, { allocation }) => utilization(sample.values.storageUsed, capacity(allocation)),
};
