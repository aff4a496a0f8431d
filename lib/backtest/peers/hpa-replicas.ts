/**
 * How many replicas a metric asks for: the replica calculator of the Kubernetes HorizontalPodAutoscaler, v2. Restated
 * from kubernetes/kubernetes pkg/controller/podautoscaler/replica_calculator.go (>= 1.33, Apache-2.0).
 */

/** A pod of the target. Ignored ones (being deleted, failed) are left out of the list. */
export interface Pod {
  /** Pending, or too young for its CPU sample to say anything: its usage does not count. */
  readonly unready?: boolean | undefined;
  /** Absent: no sample. Same unit as `request`. */
  readonly usage?: number | undefined;
  /** CPU requested, > 0. */
  readonly request: number;
}

/** How far from its target a metric may be, as a ratio, before anything is done. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

const within = (ratio: number, { up, down }: Tolerance) => ratio >= 1 - down && ratio <= 1 + up;

/**
 * Replicas for a utilization target in percent of the request. Undefined without a sample: no scaling. Pods without a
 * sample are taken for fully used when scaling in and idle when scaling out; unready ones for idle when scaling out.
 * When that turns the direction round, nothing is done.
 */
export function replicasForUtilization(
  current: number,
  pods: readonly Pod[],
  targetPercent: number,
  tolerance: Tolerance,
): number | undefined {
  let usage = 0;
  let requests = 0;
  let ready = 0;
  let missing = 0;
  let missingRequests = 0;
  let unready = 0;
  let unreadyRequests = 0;
  for (const pod of pods) {
    if (pod.unready === true) {
      unready++;
      unreadyRequests += pod.request;
    } else if (pod.usage === undefined) {
      missing++;
      missingRequests += pod.request;
    } else {
      ready++;
      usage += pod.usage;
      requests += pod.request;
    }
  }
  if (ready === 0) return undefined;
  // Utilization is a whole percentage upstream; truncating it is part of the algorithm.
  const ratio = Math.trunc((100 * usage) / requests) / targetPercent;
  const refillUnready = unready > 0 && ratio > 1;
  if (missing === 0 && !refillUnready) return within(ratio, tolerance) ? current : Math.ceil(ratio * ready);

  const filled = ratio < 1 ? (missingRequests * Math.max(100, targetPercent)) / 100 : 0;
  const counted = ratio === 1 ? ready : ready + missing + (refillUnready ? unready : 0);
  const countedRequests = ratio === 1 ? requests : requests + missingRequests + (refillUnready ? unreadyRequests : 0);
  const refilled = Math.trunc((100 * (usage + filled)) / countedRequests) / targetPercent;
  const flipped = (ratio < 1 && refilled > 1) || (ratio > 1 && refilled < 1);
  if (within(refilled, tolerance) || flipped) return current;
  const wanted = Math.ceil(refilled * counted);
  return (refilled < 1 && wanted > current) || (refilled > 1 && wanted < current) ? current : wanted;
}

/**
 * Replicas for an external metric with an average value for each replica: ceil(total / target), unless the present
 * number is within tolerance of it; without replicas there is no tolerance.
 */
export function replicasForAverage(
  current: number,
  total: number,
  targetPerReplica: number,
  tolerance: Tolerance,
): number {
  if (current > 0 && within(total / (targetPerReplica * current), tolerance)) return current;
  return Math.ceil(total / targetPerReplica);
}
