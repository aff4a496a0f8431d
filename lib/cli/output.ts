import { styleText } from "node:util";

/** Where a command writes: results to one, everything else to the other. */
export interface Output {
  /** A result, for people or, as JSON, for programs. */
  readonly out: (text: string) => void;
  /** Progress, notes and problems. */
  readonly err: (text: string) => void;
  /** How the process is to end, where that is no error of its own: 1 when a check has found something. */
  readonly exit: (code: 0 | 1) => void;
}

/** Standard output and standard error. */
export const PROCESS_STREAMS: Omit<Output, "exit"> = {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
};

/** Exactly one document on standard output. */
export function printJson(output: Output, data: unknown): void {
  output.out(JSON.stringify(data, null, 2));
}

/** Columns as wide as their widest cell; a column of numbers is set right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const numeric = heads.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^-?[\d.]*( .{1,4})?$/.test(row[at] ?? "")),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (numeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  return [bold(line(heads)), ...rows.map(line)].join("\n");
}

/** Bold on a terminal that wants colour. */
export function bold(text: string): string {
  return wantsColour(process.stdout) ? styleText("bold", text) : text;
}

export function wantsColour(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";
}

/** Lines `name  value` with the values under each other. */
export function pairs(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
