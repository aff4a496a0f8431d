import type { ComponentState } from "../domain/model/component-state.ts";
import type { ServiceState } from "../domain/model/service.ts";

/** The service of each component as the monitor last saw it, for `Orchestrator.describe`; absent where it never could. */
export function lastSeenServices(states: Iterable<ComponentState>): ReadonlyMap<string, ServiceState> {
  const seen = new Map<string, ServiceState>();
  for (const { component, service } of states) if (service !== undefined) seen.set(component, service);
  return seen;
}
