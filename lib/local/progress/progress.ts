import type { Decision } from "../../domain/model/decision.ts";
import type { Alert } from "../../domain/model/learning.ts";

/** Who is told of a run while it goes on. */
export interface Progress {
  decisions(decisions: readonly Decision[]): void;
  alert(alert: Alert): void;
  problem(message: string): void;
  /** After each beat. */
  beat(nowMs: number): void;
  /** The run is over; nothing follows. */
  end(): void;
}

/** For runs that nobody watches. */
export const SILENT: Progress = {
  decisions: () => undefined,
  alert: () => undefined,
  problem: () => undefined,
  beat: () => undefined,
  end: () => undefined,
};

const EXECUTED: ReadonlySet<string> = new Set(["APPLIED", "STABLE", "MEASURED", "FAILED", "ROLLED_BACK"]);

/** Whether the decision has reached the service. */
export function isExecuted({ status }: Decision): boolean {
  return EXECUTED.has(status);
}

/** Each thing once. Forgets the oldest, so that a run of weeks stays small. */
export class Once {
  readonly #seen = new Set<string>();
  readonly #most: number;

  constructor(most = 5000) {
    this.#most = most;
  }

  first(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > this.#most) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return true;
  }
}
