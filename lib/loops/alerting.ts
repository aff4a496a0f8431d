import { admit, delivered, noAlerts } from "../domain/alerting/alerts.ts";
import { type AlertEvidence, conditions } from "../domain/alerting/conditions.ts";
import type { AlertState } from "../domain/model/learning.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { Ports } from "../ports.ts";

const CAS_ATTEMPTS = 4;
/** Bounds on one run: a topic that is down must not hold up the monitor. */
const PUBLISH_MAX = 20;
const PUBLISH_FAILURES_MAX = 2;

export interface AlertOutcome {
  readonly raised: number;
  /** Let through in this run. */
  readonly sent: number;
  readonly suppressed: number;
  /** Left in the outbox for the next run. */
  readonly undelivered: number;
  /** What went wrong on the way; alerting never throws and never holds up scaling. */
  readonly problems: readonly string[];
}

/**
 * Judges the alert conditions, records what is let through and what is held back in one compare-and-set, then delivers
 * the outbox. Recorded first: a crash in between delivers late or twice (same id), never not at all.
 * @param known the record of alerts, where it was read along with the evidence
 */
export async function raiseAlerts(
  ports: Pick<Ports, "store" | "notifier" | "log">,
  fleet: FleetPolicy,
  evidence: AlertEvidence,
  nowMs: number,
  known?: AlertState,
): Promise<AlertOutcome> {
  const raised = conditions(fleet, evidence, nowMs);
  const nothing = { raised: raised.length, sent: 0, suppressed: 0, undelivered: 0 };
  try {
    if (raised.length === 0 && known?.outbox.length === 0) return { ...nothing, problems: [] };
    const before = await change(ports, fleet, (state) => admit(state, raised, fleet.alerts, nowMs), known);
    if (before === undefined) return { ...nothing, problems: ["the record of alerts is contended"] };
    const { done, problems } = await deliver(ports, before.next);
    if (done.length > 0) await change(ports, fleet, (state) => delivered(state, done));
    return {
      raised: raised.length,
      sent: before.next.sent - before.previous.sent,
      suppressed: before.next.suppressed - before.previous.suppressed,
      undelivered: before.next.outbox.length - done.length,
      problems,
    };
  } catch (error) {
    ports.log("error", "alerting failed", { fleet: fleet.name, error: messageOf(error) });
    return { ...nothing, problems: [messageOf(error)] };
  }
}

/** Read (unless it is known), change, write; again from the read when somebody else wrote in between. */
async function change(
  { store }: Pick<Ports, "store">,
  { name }: FleetPolicy,
  make: (state: AlertState) => AlertState,
  known?: AlertState,
): Promise<{ previous: AlertState; next: AlertState } | undefined> {
  for (let attempt = 0; attempt < CAS_ATTEMPTS; attempt += 1) {
    const read = attempt === 0 ? known : undefined;
    const previous = read ?? (await store.readAlerts(name)) ?? noAlerts(name);
    const next = make(previous);
    if (next === previous || (await store.writeAlerts(next)).won) return { previous, next };
  }
  return undefined;
}

async function deliver(
  { notifier, log }: Pick<Ports, "notifier" | "log">,
  { outbox }: AlertState,
): Promise<{ done: readonly string[]; problems: readonly string[] }> {
  const done: string[] = [];
  const problems: string[] = [];
  for (const alert of outbox.slice(0, PUBLISH_MAX)) {
    try {
      await notifier.publish(alert);
      done.push(alert.id);
    } catch (error) {
      problems.push(`${alert.kind}: ${messageOf(error)}`);
      log("warn", "alert not delivered; kept in the outbox", { kind: alert.kind, error: messageOf(error) });
      if (problems.length >= PUBLISH_FAILURES_MAX) break;
    }
  }
  return { done, problems };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
