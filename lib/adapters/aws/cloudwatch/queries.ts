import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { MetricBinding, MetricInput } from "../../../deployment.ts";
import type { MetricName } from "../../../domain/model/sample.ts";

/** CloudWatch takes so many queries in one GetMetricData (CWAPI API_GetMetricData). */
export const QUERIES_MAX = 500;

export type Bindings = Readonly<Partial<Record<MetricName, MetricBinding>>>;

/**
 * Queries that must be in one call: answers are computed from the same inputs, and statistics of one metric are paid for
 * once only there. Each input is asked for once.
 */
export interface QueryGroup {
  readonly inputs: readonly MetricInput[];
  readonly answers: readonly GroupAnswer[];
  /** Queries that it takes: inputs, and one for each expression. */
  readonly size: number;
}
interface GroupAnswer {
  readonly metric: MetricName;
  readonly periodMs: number;
  /** Absent: the answer is the input `only`. */
  readonly expression?: string | undefined;
  /** The expression's ids, and which input each is. */
  readonly ids: ReadonlyMap<string, number>;
  readonly only: number;
}

/** One call's queries, and which answer is which group's metric. */
export interface QueryBatch<Owner> {
  readonly queries: readonly MetricDataQuery[];
  readonly answers: readonly {
    readonly id: string;
    readonly owner: Owner;
    readonly metric: MetricName;
    readonly periodMs: number;
  }[];
}

/** Bindings are data of the deployment: worked out once for each of them, not at every beat. */
const KNOWN = new WeakMap<Bindings, readonly QueryGroup[]>();

/** The bindings of one component as groups: those that share a metric are together. */
export function groupsOf(bindings: Bindings): readonly QueryGroup[] {
  const known = KNOWN.get(bindings) ?? grouped(bindings);
  KNOWN.set(bindings, known);
  return known;
}

function grouped(bindings: Bindings): readonly QueryGroup[] {
  const groups: { inputs: Map<string, MetricInput>; members: [MetricName, MetricBinding][] }[] = [];
  for (const [metric, binding] of Object.entries(bindings) as [MetricName, MetricBinding][]) {
    const own = new Map(binding.inputs.map((input) => [keyOf(input), input]));
    const metrics = new Set(binding.inputs.map(metricOf));
    const sharing = groups.filter(({ inputs }) => [...inputs.values()].some((input) => metrics.has(metricOf(input))));
    const merged = {
      inputs: new Map([...sharing.flatMap(({ inputs }) => [...inputs]), ...own]),
      members: [...sharing.flatMap(({ members }) => members), [metric, binding] as [MetricName, MetricBinding]],
    };
    const rest = groups.filter((each) => !sharing.includes(each));
    groups.splice(0, groups.length, ...rest, merged);
  }
  return groups.map(({ inputs, members }) => {
    const keys = [...inputs.keys()];
    const answers = members.map(([metric, { inputs: own, expression }]): GroupAnswer => {
      const ids = new Map(own.map((input) => [input.id, keys.indexOf(keyOf(input))]));
      const periodMs = Math.max(...own.map((input) => input.periodMs));
      return { metric, periodMs, expression, ids, only: ids.values().next().value ?? 0 };
    });
    const expressions = answers.filter(({ expression }) => expression !== undefined).length;
    return { inputs: [...inputs.values()], answers, size: inputs.size + expressions };
  });
}

function keyOf(input: MetricInput): string {
  return JSON.stringify([metricOf(input), input.statistic, input.periodMs]);
}

/** Which metric it is, whatever the statistic. */
export function metricOf({ namespace, name, dimensions }: MetricInput): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

/**
 * As few calls as the groups fit in: large groups first, each into the first call with room, so that the single queries
 * fill the gaps.
 */
export function batchesOf<Owner>(groups: readonly { owner: Owner; group: QueryGroup }[]): QueryBatch<Owner>[] {
  const bins: { left: number; groups: { owner: Owner; group: QueryGroup }[] }[] = [];
  let firstOpen = 0;
  for (const each of [...groups].sort((a, b) => b.group.size - a.group.size)) {
    let bin = bins.slice(firstOpen).find(({ left }) => left >= each.group.size);
    if (bin === undefined) {
      bin = { left: QUERIES_MAX, groups: [] };
      bins.push(bin);
    }
    bin.groups.push(each);
    bin.left -= each.group.size;
    while (firstOpen < bins.length && bins[firstOpen]?.left === 0) firstOpen++;
  }
  return bins.map(({ groups: members }) => batchOf(members));
}

/** Inputs are m0, m1 ... and expressions e0, e1 ... within a call; what only feeds an expression is not returned. */
function batchOf<Owner>(members: readonly { owner: Owner; group: QueryGroup }[]): QueryBatch<Owner> {
  const queries: MetricDataQuery[] = [];
  const answers: QueryBatch<Owner>["answers"][number][] = [];
  let inputs = 0;
  let expressions = 0;
  for (const { owner, group } of members) {
    const first = inputs;
    for (const [i, input] of group.inputs.entries()) {
      const isAnswer = group.answers.some(({ expression, only }) => expression === undefined && only === i);
      queries.push(statQuery(`m${inputs++}`, input, isAnswer));
    }
    for (const { metric, periodMs, expression, ids, only } of group.answers) {
      const id = expression === undefined ? `m${first + only}` : `e${expressions++}`;
      answers.push({ id, owner, metric, periodMs });
      if (expression === undefined) continue;
      const named = new Map([...ids].map(([name, input]) => [name, `m${first + input}`]));
      queries.push({ Id: id, Expression: renamed(expression, named), ReturnData: true });
    }
  }
  return { queries, answers };
}

function statQuery(id: string, input: MetricInput, returned: boolean): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: input.namespace,
        MetricName: input.name,
        Dimensions: Object.entries(input.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: input.periodMs / 1000,
      Stat: input.statistic,
    },
    ReturnData: returned,
  };
}

/** The expression with other ids; what stands in quotation marks is none. */
function renamed(expression: string, names: ReadonlyMap<string, string>): string {
  return expression.replace(/"[^"]*"|'[^']*'|[A-Za-z_]\w*/g, (token) => names.get(token) ?? token);
}
