/** A function of the stack as the emulator has it. */
export interface DeployedFunction {
  /** Its code asset: bundle and Deployment document. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runtime: string;
  /** Name of the queue that it reads; the widget reads none. */
  readonly queue: string | undefined;
}
