/**
 * How long the functions take to start: the time to load each bundle in a fresh process, against a bare handler that only
 * constructs the same SDK clients and is bundled in the same way. Runs of both alternate, so that a busy machine slows
 * both. `eager` is the bundle with everything that it loads with its first event loaded at once: what a cold start pays
 * before its first call of the store.
 *
 *   node --import tsx bench/functions.ts [RUNS]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FUNCTION_ENVIRONMENT } from "../lib/deployment.ts";
import { bundleModule, FUNCTIONS, type FunctionName } from "../lib/infrastructure/bundle.ts";

const GOAL = 1.25;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Packages and classes of the clients that a function constructs, as often as it does. */
const DYNAMO = ["@aws-sdk/client-dynamodb", "DynamoDBClient"] as const;
const SQS = ["@aws-sdk/client-sqs", "SQSClient"] as const;
const ECS = ["@aws-sdk/client-ecs", "ECSClient"] as const;
const SCALING = ["@aws-sdk/client-application-auto-scaling", "ApplicationAutoScalingClient"] as const;
const CLOUDWATCH = ["@aws-sdk/client-cloudwatch", "CloudWatchClient"] as const;
const SNS = ["@aws-sdk/client-sns", "SNSClient"] as const;
const CLIENTS: Readonly<Record<FunctionName, readonly (readonly [string, string])[]>> = {
  monitor: [DYNAMO, SQS, CLOUDWATCH, ECS, ECS, SCALING, SNS],
  decision: [DYNAMO, SQS],
  execution: [DYNAMO, ECS, ECS, SCALING],
  optimization: [DYNAMO],
  widget: [DYNAMO],
};
const LATER = [
  "lib/adapters/dynamo/dynamo-store.ts",
  "lib/loops/run-loop.ts",
  "functions/tick-measurements.ts",
] as const;

const VARIANTS = ["bare", "function", "eager"] as const;
type Variant = (typeof VARIANTS)[number];

const runs = Number(process.argv[2] ?? 20);
const folder = mkdtempSync(join(tmpdir(), "scaling-controller-functions-"));
try {
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, ${runs} runs each, ms`);
  console.log("function        bare  function  ratio   eager   (medians; smallest in brackets)");
  for (const name of FUNCTIONS) console.log(lineOf(name, timesOf(name, bundle(name))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bundle(name: FunctionName): Readonly<Record<Variant, string>> {
  const handler = join(ROOT, "functions", name, "handler.ts");
  const later = name === "widget" ? LATER.slice(0, 1) : LATER;
  const eager = [
    `export * from ${JSON.stringify(handler)};`,
    ...later.map((path, i) => `export * as later${i} from ${JSON.stringify(join(ROOT, path))};`),
  ];
  return {
    bare: made(`${name}-bare`, written(`${name}-bare.mjs`, bareHandler(name))),
    function: made(name, handler),
    eager: made(`${name}-eager`, written(`${name}-eager.ts`, eager.join("\n"))),
  };
}

function bareHandler(name: FunctionName): string {
  const clients = CLIENTS[name];
  const imports = [...new Set(clients)].map(([from, type]) => `import { ${type} } from "${from}";`);
  const all = clients.map(([, type]) => `new ${type}({})`);
  return [
    ...imports,
    `const clients = [${all.join(", ")}];`,
    "export const handler = async () => clients.length;",
  ].join("\n");
}

function written(file: string, source: string): string {
  mkdirSync(join(folder, "sources"), { recursive: true });
  const path = join(folder, "sources", file);
  writeFileSync(path, source);
  return path;
}

function made(name: string, entry: string): string {
  bundleModule(entry, join(folder, name));
  return pathToFileURL(join(folder, name, "index.mjs")).href;
}

function timesOf(name: FunctionName, urls: Readonly<Record<Variant, string>>): Readonly<Record<Variant, number[]>> {
  const times: Record<Variant, number[]> = { bare: [], function: [], eager: [] };
  for (let run = 0; run < runs; run++)
    for (const variant of VARIANTS) times[variant].push(startMs(urls[variant], `bench of ${name}`));
  return times;
}

function startMs(url: string, table: string): number {
  const script = `const from = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - from)`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      AWS_REGION: "us-east-1",
      [FUNCTION_ENVIRONMENT.table]: table,
      [FUNCTION_ENVIRONMENT.topic]: "arn:aws:sns:us-east-1:123456789012:alerts",
      [FUNCTION_ENVIRONMENT.wakeQueue]: "https://sqs.us-east-1.amazonaws.com/123456789012/wake",
    },
  });
  return Number(output);
}

function lineOf(name: FunctionName, times: Readonly<Record<Variant, readonly number[]>>): string {
  const middle = (variant: Variant): number => times[variant].toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
  const least = (variant: Variant): string => `(${Math.min(...times[variant]).toFixed(0)})`;
  const shown = (variant: Variant): string => `${middle(variant).toFixed(0).padStart(5)}${least(variant).padStart(5)}`;
  const ratio = middle("function") / middle("bare");
  const verdict = ratio <= GOAL ? "" : `   over the goal of ${GOAL}`;
  return `${name.padEnd(13)}${shown("bare")}${shown("function")}${ratio.toFixed(2).padStart(7)}${shown("eager")}${verdict}`;
}
