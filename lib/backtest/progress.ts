import type { BacktestProgress } from "./backtest.ts";

/** Where progress goes, and what time it is there. */
export interface ProgressTarget {
  /** A terminal is redrawn in place; anything else gets a line now and then. */
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
  /** Of a clock that only runs forward. */
  nowMs(): number;
}

/** Nothing is said about a backtest that is over before this. */
const QUIET_MS = 2000;
const REDRAW_MS = 200;
const LINE_EVERY_MS = 30_000;

/** How far a backtest is, and about how long it will go on, in a line. */
export class ProgressLine implements BacktestProgress {
  readonly #target: ProgressTarget;
  readonly #beganMs: number;
  #toldMs: number;
  #isDrawn = false;
  #run = { what: "", done: 0, of: 1 };

  constructor(target: ProgressTarget) {
    this.#target = target;
    this.#beganMs = target.nowMs();
    const { isTerminal } = target;
    this.#toldMs = this.#beganMs + QUIET_MS - (isTerminal ? REDRAW_MS : LINE_EVERY_MS);
  }

  begin(what: string, done: number, of: number): void {
    this.#run = { what, done, of };
    this.#tell(done / of);
  }

  advance(part: number): void {
    this.#tell((this.#run.done + part) / this.#run.of);
  }

  end(): void {
    if (this.#isDrawn) this.#target.write("\r\u001b[K");
  }

  #tell(part: number): void {
    const { isTerminal, columns } = this.#target;
    const now = this.#target.nowMs();
    if (now - this.#toldMs < (isTerminal ? REDRAW_MS : LINE_EVERY_MS)) return;
    this.#toldMs = now;
    const leftSeconds = part > 0 ? Math.round((((now - this.#beganMs) / 1000) * (1 - part)) / part) : undefined;
    const { what, done, of } = this.#run;
    const left = leftSeconds === undefined ? "" : `, about ${leftSeconds} s left`;
    const line = `${Math.floor(part * 100)} % (run ${done + 1} of ${of}${left})  ${what}`;
    this.#isDrawn = isTerminal;
    this.#target.write(isTerminal ? `\r${line.slice(0, Math.max(1, columns - 1))}\u001b[K` : `${line}\n`);
  }
}
