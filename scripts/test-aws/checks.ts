/** What was checked, told line by line as it happens, and how it came out. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get failed(): number {
    return this.#failed;
  }

  part(name: string): void {
    this.#say(`\n${name}`);
  }

  note(text: string): void {
    this.#say(`  note    ${text}`);
  }

  /** Runs one check: it passes unless `work` throws. Never throws itself, so that the others are run too. */
  async check(name: string, work: () => Promise<unknown>): Promise<boolean> {
    const startedMs = performance.now();
    try {
      await work();
      this.#passed += 1;
      this.#say(`  ok      ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
      return true;
    } catch (error) {
      this.#failed += 1;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#say(`  FAILED  ${name}\n${text.replace(/^/gm, "          ")}`);
      return false;
    }
  }

  skip(name: string, why: string): void {
    this.#skipped += 1;
    this.#say(`  skipped ${name}: ${why}`);
  }

  /** One line that says it all. */
  summary(): string {
    return `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`;
  }
}
