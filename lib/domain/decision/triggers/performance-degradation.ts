import { performanceScore } from "../../monitor/performance.ts";
import type { Trigger } from "./trigger.ts";

export const performanceDegradation: Trigger = {
  name: "PERFORMANCE_DEGRADATION",
  sentence: "Fall of the performance score below the component's own baseline, in points of 0-100.",
  unit: "score",
  metrics: ["responseTime"],
  resource: "CAPACITY",
  sized: "cpu",
  scalesWithCapacity: false,
  read: (sample, { state, policy }) => {
    const score = performanceScore(sample, policy);
    const baseline = state.performanceBaseline;
    return score === undefined || baseline === undefined ? undefined : Math.max(0, baseline - score);
  },
};
