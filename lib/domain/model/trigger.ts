/** The ten triggers of requirements section 4. */
export const TRIGGERS = [
  "CPU_UTILIZATION",
  "MEMORY_UTILIZATION",
  "NETWORK_UTILIZATION",
  "STORAGE_UTILIZATION",
  "RESPONSE_TIME",
  "THROUGHPUT",
  "QUEUE_LENGTH",
  "ERROR_RATE",
  "PERFORMANCE_DEGRADATION",
  "PREDICTIVE",
] as const;
export type TriggerName = (typeof TRIGGERS)[number];

export const STRATEGIES = ["REACTIVE", "PREDICTIVE", "PROACTIVE", "ADAPTIVE", "CONSERVATIVE", "AGGRESSIVE"] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export const ACTIONS = [
  "SCALE_UP",
  "SCALE_DOWN",
  "SCALE_OUT",
  "SCALE_IN",
  "REBALANCE",
  "OPTIMIZE",
  "NO_ACTION",
] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What a trigger's numbers mean. `ratio` is 0..1 inside and shown as percent. */
export type Unit = "ratio" | "milliseconds" | "perSecond" | "count" | "score";

/** observe: decide and record, touch nothing. recommend: a person approves each decision. auto: act. */
export const MODES = ["observe", "recommend", "auto"] as const;
export type Mode = (typeof MODES)[number];
