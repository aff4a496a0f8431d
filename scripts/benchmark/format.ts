import type { Estimate } from "../../lib/backtest/bootstrap.ts";

export function ratio(value: number | null | undefined): string {
  return value === undefined || value === null || !Number.isFinite(value) ? "-" : value.toFixed(2);
}

/** 0.79 (0.74-0.85) */
export function estimate(value: Estimate | undefined): string {
  if (value === undefined || !Number.isFinite(value.value)) return "-";
  const { low, high } = value;
  return low === undefined || high === undefined
    ? ratio(value.value)
    : `${ratio(value.value)} (${ratio(low)}-${ratio(high)})`;
}

/** Of a share, in percent: 0.013, 0.42, 12.3. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "-";
  if (share === 0) return "0";
  if (share < 1e-5) return "<0.001";
  return (100 * share).toFixed(share < 0.001 ? 3 : share < 0.1 ? 2 : 1);
}

/** 45 s, 12 min, 3.4 h. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return "-";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function fixed(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(digits);
}

/** A table of Markdown; the first column to the left, the others to the right. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, at) => (at === 0 ? "---" : "---:"));
  return [line(heads), line(rule), ...rows.map(line)].join("\n");
}

/** a, b and c */
export function listed(items: readonly string[], none = "none"): string {
  if (items.length < 2) return items[0] ?? none;
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
