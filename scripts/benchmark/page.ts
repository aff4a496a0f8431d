import { behaviour, strategies } from "./behaviour.ts";
import { defaultTables, ranking } from "./default-settings.ts";
import { headline, outOfReach, pairs, versusOracle } from "./equal-service.ts";
import { goals } from "./goals.ts";
import type { Results } from "./results.ts";
import { sensitivity } from "./sensitivity.ts";
import { limits, setup, speed } from "./setup.ts";

/** docs/benchmark.md, whole: nothing but the results goes into it. */
export function benchmarkPage(results: Results): string {
  const sections: readonly (readonly [title: string, text: string])[] = [
    ["What and how", setup(results)],
    ["Cost at equal service", headline(results)],
    ["Against the oracle", versusOracle(results)],
    ["Where a level is out of reach", outOfReach(results)],
    ["With default settings", ranking(results)],
    ["Behaviour", behaviour(results)],
    ["The six strategies", strategies(results)],
    ["Sensitivity", sensitivity(results)],
    ["Limits of all this", limits()],
    ["Time and memory", speed(results)],
    ["Every trace with default settings", defaultTables(results)],
    ["Every pair, trace and level", pairs(results)],
  ];
  return `# Benchmark

Written by \`npm run benchmark\` from docs/benchmark/results.json; a test compares. How the world, the scalers and the scores work is
[docs/backtest.md](backtest.md).

${goals(results)}

${sections.map(([title, text]) => `## ${title}\n\n${text}`).join("\n\n")}
`;
}
