import { type Allocation, sameAllocation } from "./resources.ts";

/** Live state of one ECS service as the orchestrator tells it. */
export interface ServiceState {
  /** Service ARN + creation time: a service created anew under the same name is another one. */
  readonly identity: string;
  /** What was asked for: desired count and the size in the primary deployment's task definition. */
  readonly desired: Allocation;
  /** Tasks that run and are healthy (serve). */
  readonly running: number;
  /** Tasks asked for but not serving yet. */
  readonly pending: number;
  /** family:revision of the primary deployment. */
  readonly revision: string;
  /** True while tasks of more than one revision exist, or the rollout is not complete. */
  readonly deploying: boolean;
  /** The rollout failed or was rolled back by the circuit breaker. */
  readonly rolloutFailed: boolean;
  /** Whether the controller may write to this service at all; a sentence when not (inactive, CODE_DEPLOY, another autoscaler). */
  readonly refusal?: string | undefined;
  readonly observedAtMs: number;
}

/** Whether two looks at a service saw the same. */
export function sameService(a: ServiceState | undefined, b: ServiceState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.identity === b.identity &&
    sameAllocation(a.desired, b.desired) &&
    a.running === b.running &&
    a.pending === b.pending &&
    a.revision === b.revision &&
    a.deploying === b.deploying &&
    a.rolloutFailed === b.rolloutFailed &&
    a.refusal === b.refusal
  );
}
