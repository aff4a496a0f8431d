/**
 * CPU and memory of a Fargate task, which come in fixed pairs. Decides which pair; how far a step may go is the rules'
 * business, storage is set by itself (resize-exact.ts). A live size that is not in the table is snapped to a larger one when
 * growing; when shrinking, to a smaller one only as far as the guard allows.
 */

import type { LimitHit } from "../model/decision.ts";
import { InvariantError } from "../model/errors.ts";
import type { Allocation } from "../model/resources.ts";
import { highestTotal, hit, isKnown, type TotalBound } from "./bounds.ts";
import { SHAPES_BY_PRICE, type Shape } from "./fargate-shapes.ts";
import { FARGATE_SIZES } from "./fargate-sizes.ts";
import { held, heldBy, planned } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";
import { lowestTotal, wantedSize } from "./resize-exact.ts";

const PAIR = ["cpu", "memory"] as const;
type PairName = (typeof PAIR)[number];

const LARGEST: Shape = {
  cpu: Math.max(...SHAPES_BY_PRICE.map(({ cpu }) => cpu)),
  memory: Math.max(...SHAPES_BY_PRICE.map(({ memory }) => memory)),
};
const SMALLEST: Shape = {
  cpu: Math.min(...FARGATE_SIZES.map(({ cpu }) => cpu)),
  memory: Math.min(...SHAPES_BY_PRICE.map(({ memory }) => memory)),
};

function atLeast(a: Shape, b: Shape): boolean {
  return a.cpu >= b.cpu && a.memory >= b.memory;
}

/** A larger task by the factor, or by one size where the factor asks for less than that. */
export function growPair(request: PlanRequest): PlanResult {
  const name = pairName(request);
  const { size } = request.current;
  const want = Math.max(size[name] + 1, wantedSize(size, name, request.factor));
  return growPairTo(request, { cpu: size.cpu, memory: size.memory, [name]: want });
}

/**
 * The cheapest shape of at least `need`, which is nowhere below the present size; where limits forbid that one, the
 * cheaper shape that comes nearest to `need`. A dearer one is never taken: 16 vCPU with 64 GiB that do not fit are not
 * replaced by 32 vCPU with 60 GiB, which would double the CPU for the sake of some memory.
 */
export function growPairTo(request: Pick<PlanRequest, "policy" | "current" | "room">, need: Shape): PlanResult {
  const { policy, current } = request;
  const { tasks, size } = current;
  const caps = capsOf(request);
  const fits = (shape: Shape): boolean =>
    PAIR.every((name) => shape[name] === size[name] || tasks * shape[name] <= caps[name].total);
  const ideal = SHAPES_BY_PRICE.find((shape) => atLeast(shape, need));
  if (ideal !== undefined && fits(ideal)) return planned(policy.name, current, withPair(current, ideal), []);

  // 1 for each wanted resource that a shape has enough of: compares shapes that have less than is wanted.
  const wanted = PAIR.filter((name) => need[name] > size[name]);
  const progress = (shape: Shape): number =>
    wanted.reduce((sum, name) => sum + Math.min(1, shape[name] / need[name]), 0);
  let best: Shape | undefined;
  let bestProgress = progress(size);
  let first = ideal;
  for (const shape of SHAPES_BY_PRICE) {
    if (shape === ideal) break;
    if (!atLeast(shape, size)) continue;
    const reached = progress(shape);
    if (reached <= progress(size)) continue;
    if (first === ideal) first = shape;
    if (reached <= bestProgress || !fits(shape)) continue;
    best = shape;
    bestProgress = reached;
  }
  if (best === undefined) return heldBy(growthHits(current, caps, first ?? need));
  return planned(policy.name, current, withPair(current, best), growthHits(current, caps, ideal ?? need));
}

type Caps = Readonly<Record<PairName, TotalBound>>;

function capsOf({ policy, current, room }: Pick<PlanRequest, "policy" | "current" | "room">): Caps {
  const { tasks, size } = current;
  return {
    cpu: highestTotal(policy, tasks * size.cpu, room, "cpu"),
    memory: highestTotal(policy, tasks * size.memory, room, "memory"),
  };
}

/** Which limits keep the tasks from having `shape`. */
function growthHits({ tasks, size }: Allocation, caps: Caps, shape: Shape): LimitHit[] {
  const hits: LimitHit[] = [];
  for (const name of PAIR) {
    if (shape[name] <= size[name]) continue;
    const wanted = tasks * shape[name];
    if (wanted > caps[name].total) hits.push(hit(caps[name].limit, name, caps[name].total, wanted));
    if (shape[name] > LARGEST[name]) hits.push(hit("fargate-size", name, tasks * LARGEST[name], wanted));
  }
  return hits;
}

/**
 * A smaller task by the factor, or by one size where the factor asks for less than that. The other resource of the
 * pair keeps its value while any smaller size goes with it; else it falls as little as the table allows, guarded like the first.
 */
export function shrinkPair(request: PlanRequest): PlanResult {
  const { policy, current, used, ceilings, factor } = request;
  const { tasks, size } = current;
  const name = pairName(request);
  const other: PairName = name === "cpu" ? "memory" : "cpu";
  const smaller = SHAPES_BY_PRICE.filter((shape) => shape[name] < size[name]);
  const beside = smaller.filter((shape) => shape[other] === size[other]);
  const pool = beside.length > 0 ? beside : smaller.filter((shape) => shape[other] < size[other]);
  const want = wantedSize(size, name, factor);
  if (pool.length === 0) {
    return heldBy([hit("fargate-size", name, tasks * Math.max(SMALLEST[name], size[name]), tasks * want)]);
  }

  // One size down where no size lies within the factor.
  const step = Math.min(want, Math.max(...pool.map((shape) => shape[name])));
  const least = lowestTotal(policy, used, ceilings, name, tasks);
  const leastOther = lowestTotal(policy, used, ceilings, other, tasks);
  const within = pool.filter((shape) => shape[name] >= step);
  const above = within.filter((shape) => tasks * shape[name] >= least.total);
  const reach = nearest(within, name, other);
  const limits: LimitHit[] = [];
  const chosen = nearest(above, name, other);
  if (chosen === undefined || (reach !== undefined && chosen[name] > reach[name])) {
    limits.push(hit(least.limit, name, least.total, tasks * (reach?.[name] ?? step)));
  }
  if (chosen === undefined) return heldBy(limits);
  if (chosen[other] < size[other] && tasks * chosen[other] < leastOther.total) {
    return heldBy([hit(leastOther.limit, other, leastOther.total, tasks * chosen[other])]);
  }
  const shrinking = PAIR.filter((each) => chosen[each] < size[each]);
  if (shrinking.some((each) => !isKnown(used[each]))) return held("incomplete-data");
  return planned(policy.name, current, withPair(current, chosen), limits);
}

/** Of the shapes that have most of `other`, the one with least of `name`. */
function nearest(shapes: readonly Shape[], name: PairName, other: PairName): Shape | undefined {
  let best: Shape | undefined;
  for (const shape of shapes) {
    const closer =
      best === undefined || shape[other] > best[other] || (shape[other] === best[other] && shape[name] < best[name]);
    if (closer) best = shape;
  }
  return best;
}

function pairName({ resource }: PlanRequest): PairName {
  if (resource === "cpu" || resource === "memory") return resource;
  throw new InvariantError("only CPU and memory come in pairs", { resource });
}

function withPair({ tasks, size }: Allocation, { cpu, memory }: Shape): Allocation {
  return { tasks, size: { ...size, cpu, memory } };
}
