import { at } from "./candidate.ts";
import { type Score, skillOf } from "./compare.ts";
import type { Shipped } from "./controller.ts";
import { LEADS_MIN } from "./origins.ts";

/** All that a run measured: the JSON file, and what the tables are made from. */
export interface Results {
  /** Where the traces came from, for the reader. */
  readonly source: string;
  readonly node: string;
  /** Names of the traces the choice was made on; the others confirm it. */
  readonly tuned: readonly string[];
  readonly scores: readonly Score[];
  readonly shipped: readonly Shipped[];
  /** The library reference and what it is compared with, on the same thinner set of origins; or why it is missing. */
  readonly reference: readonly Score[] | string;
}

/** Every other trace by name, from the first on, is for tuning. */
export function tuningHalf(names: readonly string[]): readonly string[] {
  return [...names].sort().filter((_, i) => i % 2 === 0);
}

/** One row of the comparison: how a candidate does over a group of traces. */
export interface Row {
  readonly candidate: string;
  /** Mean and median skill over the traces, at each lead. */
  readonly meanSkill: readonly number[];
  readonly medianSkill: readonly number[];
  /** Mean over the traces of MASE, at each lead. */
  readonly meanMase: readonly number[];
  /** Traces on which it is worse than naive at the first lead. */
  readonly losses: number;
  readonly ms: number;
}

export function summarise(scores: readonly Score[], traces: readonly string[]): readonly Row[] {
  const candidates = [...new Set(scores.map(({ candidate }) => candidate))];
  return candidates.map((candidate) => {
    const own = scores.filter((score) => score.candidate === candidate && traces.includes(score.trace));
    const skills = own.map((score) => skillOf(score, scores));
    const over = (reduce: (values: readonly number[]) => number, of: readonly (readonly number[])[]) =>
      LEADS_MIN.map((_, k) => reduce(of.map((values) => at(values, k))));
    return {
      candidate,
      meanSkill: over(mean, skills),
      medianSkill: over(median, skills),
      meanMase: over(
        mean,
        own.map(({ mase }) => mase),
      ),
      losses: skills.filter((skill) => at(skill, 0) < 0).length,
      ms: mean(own.map(({ ms }) => ms)),
    };
  });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
