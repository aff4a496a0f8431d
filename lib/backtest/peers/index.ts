import type { ScalerFactory } from "../scaler.ts";
import { awsPredictiveScaling } from "./aws-predictive-scaling.ts";
import { awsStepScaling } from "./aws-step-scaling.ts";
import { awsTargetTracking20, awsTargetTracking60 } from "./aws-target-tracking.ts";
import { keda } from "./keda.ts";
import { knativeKpa, knativeKpaDelayed } from "./knative-kpa.ts";
import { kubernetesHpa } from "./kubernetes-hpa.ts";
import { oracle } from "./oracle.ts";
import { staticP99 } from "./static-p99.ts";

/** All that the controller is compared with, in the order in which results are shown. */
export const PEERS: readonly ScalerFactory[] = [
  awsTargetTracking60,
  awsTargetTracking20,
  awsStepScaling,
  awsPredictiveScaling,
  kubernetesHpa,
  keda,
  knativeKpa,
  knativeKpaDelayed,
  staticP99,
  oracle,
];
