import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import type { LoopName } from "../../lib/flow.ts";
import { FUNCTIONS, type FunctionName } from "../../lib/infrastructure/bundle.ts";
import { CREDENTIALS, REGION } from "./account.ts";
import type { DeployedFunction } from "./deployed-function.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const ACCOUNT = "123456789012";
const STACK = "ScalingController";

/** Types that the emulator's CloudFormation passes over, so that what refers to them would fail. */
const UNSUPPORTED: readonly string[] = [
  "AWS::Logs::MetricFilter",
  "AWS::Scheduler::Schedule",
  "AWS::Scheduler::ScheduleGroup",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::QueuePolicy",
];

export interface StackOptions {
  readonly emulator: string;
  /** For the assembly and what the CDK keeps for itself. */
  readonly folder: string;
  /** The configuration file. */
  readonly config: string;
}

interface Template {
  readonly Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; Metadata?: object }>;
}

/** The app of this repository, deployed into the emulator's CloudFormation by the CDK's own command. */
export class EmulatedStack {
  readonly #options: StackOptions;
  readonly #assembly: string;
  readonly #env: Record<string, string>;
  readonly #beats = new Map<LoopName, readonly SendMessageBatchRequestEntry[]>();

  constructor(options: StackOptions) {
    this.#options = options;
    this.#assembly = join(options.folder, "cdk.out");
    this.#env = {
      PATH: process.env["PATH"] ?? "",
      HOME: options.folder,
      CDK_HOME: join(options.folder, "cdk-home"),
      CDK_DISABLE_VERSION_CHECK: "1",
      CDK_DISABLE_CLI_TELEMETRY: "true",
      // By this name the emulator finds the template in its own S3.
      AWS_ENDPOINT_URL: options.emulator.replace("127.0.0.1", "localhost"),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
  }

  /** Synthesizes the app as a user would. */
  async synthesize(): Promise<void> {
    rmSync(this.#assembly, { recursive: true, force: true });
    const context = ["-c", `config=${this.#options.config}`, "-c", "taskRoles="];
    await this.#cdk("synth", "--quiet", "--output", this.#assembly, ...context);
  }

  /** Makes what every account needs once before a CDK app is deployed into it. */
  async bootstrap(): Promise<void> {
    await this.#cdk("bootstrap", `aws://${ACCOUNT}/${REGION}`);
  }

  /** Deploys what was synthesized; returns how many resources were left out, by type. */
  async deploy(): Promise<ReadonlyMap<string, number>> {
    const left = this.#withoutUnsupported();
    await this.#cdk("deploy", "--app", this.#assembly, "--require-approval", "never");
    await this.#stopPolling();
    return left;
  }

  /** What was deployed, as the emulator tells it; the code is the asset that was published. */
  async functions(): Promise<Readonly<Record<FunctionName, DeployedFunction>>> {
    const { Functions } = (await this.#lambda("functions/")) as { Functions: LambdaFunction[] };
    const { EventSourceMappings } = (await this.#lambda("event-source-mappings/")) as {
      EventSourceMappings: Mapping[];
    };
    const assets = this.#assets();
    const of = (name: FunctionName): DeployedFunction => {
      const found = Functions.find(({ Description }) => nameOf(Description) === name);
      const folder = assets.get(name);
      if (found === undefined || folder === undefined) throw new Error(`the stack has no function ${name}`);
      const mapping = EventSourceMappings.find(({ FunctionArn }) => FunctionArn === found.FunctionArn);
      const queue = mapping?.EventSourceArn.split(":").at(-1);
      return { folder, environment: found.Environment?.Variables ?? {}, runtime: found.Runtime, queue };
    };
    return Object.fromEntries(FUNCTIONS.map((name) => [name, of(name)])) as Record<FunctionName, DeployedFunction>;
  }

  /** What the schedules send, by loop: the emulator passes them over. */
  beats(): ReadonlyMap<LoopName, readonly SendMessageBatchRequestEntry[]> {
    return this.#beats;
  }

  /** The emulator would start a container for each message; here the script delivers them. */
  async #stopPolling(): Promise<void> {
    const { EventSourceMappings } = (await this.#lambda("event-source-mappings/")) as {
      EventSourceMappings: Mapping[];
    };
    for (const { UUID } of EventSourceMappings) {
      await this.#lambda(`event-source-mappings/${UUID}`, { method: "PUT", body: JSON.stringify({ Enabled: false }) });
    }
  }

  /** Folders of the code, by function. */
  #assets(): ReadonlyMap<FunctionName, string> {
    const found = new Map<FunctionName, string>();
    for (const { Type, Properties, Metadata } of Object.values(this.#template().Resources)) {
      const name = Type === "AWS::Lambda::Function" ? nameOf(String(Properties?.["Description"])) : undefined;
      const path = (Metadata as Record<string, unknown> | undefined)?.["aws:asset:path"];
      if (name !== undefined) found.set(name, join(this.#assembly, String(path)));
    }
    return found;
  }

  #template(): Template {
    return JSON.parse(readFileSync(this.#templatePath(), "utf8")) as Template;
  }

  #templatePath(): string {
    return join(this.#assembly, `${STACK}.template.json`);
  }

  #withoutUnsupported(): ReadonlyMap<string, number> {
    const template = this.#template();
    const left = new Map<string, number>();
    const gone = new Set<string>();
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (!UNSUPPORTED.includes(Type)) continue;
      if (Type === "AWS::Scheduler::Schedule") this.#beats.set(...beatOf(Properties as unknown as Schedule));
      gone.add(id);
      left.set(Type, (left.get(Type) ?? 0) + 1);
      delete template.Resources[id];
    }
    writeFileSync(this.#templatePath(), JSON.stringify(withoutReferences(template, gone)));
    return left;
  }

  async #cdk(...args: string[]): Promise<void> {
    const cdk = join(ROOT, "node_modules", "aws-cdk", "bin", "cdk");
    // Only synth runs the app: elsewhere there is no cdk.json to say that there is one.
    const cwd = args[0] === "synth" ? ROOT : this.#options.folder;
    const options = { cwd, env: this.#env, maxBuffer: 16 * 1024 * 1024 };
    await run(process.execPath, [cdk, ...args, "--no-notices"], options).catch(
      (error: { stdout?: string; stderr?: string }) => {
        throw new Error(`cdk ${args[0]} failed:\n${error.stdout ?? ""}\n${error.stderr ?? ""}`);
      },
    );
  }

  async #lambda(path: string, init: RequestInit = {}): Promise<unknown> {
    // By the scope of the signature the emulator tells whose request it is; it checks no signature.
    const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20260101/${REGION}/lambda/aws4_request, SignedHeaders=host, Signature=none`;
    const answer = await fetch(`${this.#options.emulator}/2015-03-31/${path}`, { ...init, headers: { authorization } });
    if (!answer.ok) throw new Error(`lambda ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

interface LambdaFunction {
  readonly Description: string;
  readonly FunctionArn: string;
  readonly Runtime: string;
  readonly Environment?: { readonly Variables?: Record<string, string> };
}
interface Mapping {
  readonly UUID: string;
  readonly EventSourceArn: string;
  readonly FunctionArn: string;
}

function nameOf(description: string): FunctionName | undefined {
  const loop = /the (\w+) loop/.exec(description)?.[1];
  return FUNCTIONS.find((name) => name === (loop ?? (description.includes("dashboard") ? "widget" : undefined)));
}

interface Schedule {
  readonly Description: string;
  readonly Target: { readonly Input: { readonly "Fn::Join": readonly [string, readonly unknown[]] } };
}

/** The loop of a schedule, and its messages; the queue's address, which is known only once it is made, is left out. */
function beatOf({ Description, Target }: Schedule): [LoopName, readonly SendMessageBatchRequestEntry[]] {
  const [, parts] = Target.Input["Fn::Join"];
  const input = parts.map((part) => (typeof part === "string" ? part : "queue")).join("");
  const { Entries } = JSON.parse(input) as { Entries: SendMessageBatchRequestEntry[] };
  return [/Beat of the (\w+) loop/.exec(Description)?.[1] as LoopName, Entries];
}

/** The value without dependencies on resources that are gone; where it asks for one, a name of no meaning. */
function withoutReferences(value: unknown, gone: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutReferences(each, gone));
  if (typeof value !== "object" || value === null) return value;
  const { Ref: ref, "Fn::GetAtt": attribute } = value as { Ref?: string; "Fn::GetAtt"?: [string, string] };
  const id = ref ?? attribute?.[0];
  if (id !== undefined && gone.has(id)) return `arn:aws:none:${REGION}:${ACCOUNT}:${id}`;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (key === "DependsOn") return [key, [each].flat().filter((other) => !gone.has(String(other)))];
      return [key, withoutReferences(each, gone)];
    }),
  );
}
