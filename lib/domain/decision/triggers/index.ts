import type { TriggerName } from "../../model/trigger.ts";
import { cpuUtilization } from "./cpu-utilization.ts";
import { errorRate } from "./error-rate.ts";
import { memoryUtilization } from "./memory-utilization.ts";
import { networkUtilization } from "./network-utilization.ts";
import { performanceDegradation } from "./performance-degradation.ts";
import { predictive } from "./predictive.ts";
import { queueLength } from "./queue-length.ts";
import { responseTime } from "./response-time.ts";
import { storageUtilization } from "./storage-utilization.ts";
import { throughput } from "./throughput.ts";
import type { Trigger } from "./trigger.ts";

export type { ReadingContext, Trigger } from "./trigger.ts";

/** Every trigger by name; a new one is a file of its own and a line here. */
export const TRIGGERS_BY_NAME: Readonly<Record<TriggerName, Trigger>> = {
  CPU_UTILIZATION: cpuUtilization,
  MEMORY_UTILIZATION: memoryUtilization,
  NETWORK_UTILIZATION: networkUtilization,
  STORAGE_UTILIZATION: storageUtilization,
  RESPONSE_TIME: responseTime,
  THROUGHPUT: throughput,
  QUEUE_LENGTH: queueLength,
  ERROR_RATE: errorRate,
  PERFORMANCE_DEGRADATION: performanceDegradation,
  PREDICTIVE: predictive,
};
