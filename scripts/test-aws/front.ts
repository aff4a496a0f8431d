import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { EmulatedService, Rollouts } from "./rollouts.ts";

/** A request as the functions made it. */
export interface Call {
  /** `ecs.UpdateService`, `cloudwatch.GetMetricData`, `sns.Publish`, ... */
  readonly api: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What happens to a call in place of, or after, what the emulator does. */
export type Fault =
  | { readonly kind: "refuse"; readonly status: number; readonly type: string; readonly message: string }
  /** The emulator does it, and the connection breaks before the answer. */
  | { readonly kind: "lose-answer" };

const ECS = "AmazonEC2ContainerServiceV20141113";
const SERVICES: Readonly<Record<string, string>> = {
  [ECS]: "ecs",
  GraniteServiceVersion20100801: "cloudwatch",
  DynamoDB_20120810: "dynamodb",
  AnyScaleFrontendService: "autoscaling",
  AmazonSQS: "sqs",
};

/**
 * Stands between the functions and the emulator, on a port of its own: passes every request on as it is, keeps a record
 * of it, makes the faults it is told to, and lets answers about ECS services go through Rollouts.
 */
export class Front {
  /** Every call so far, in order. */
  readonly calls: Call[] = [];
  /** Asked for every call. */
  fault: (call: Call) => Fault | undefined = () => undefined;
  readonly #target: URL;
  readonly #rollouts: Rollouts;
  readonly #server: Server;

  constructor(target: string, rollouts: Rollouts) {
    this.#target = new URL(target);
    this.#rollouts = rollouts;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const call = callOf(request, body);
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault?.kind === "refuse") {
      const { status, type, message } = fault;
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ __type: type, message }));
      return;
    }
    const answer = await this.#forward(request, body);
    if (fault?.kind === "lose-answer") {
      response.destroy();
      return;
    }
    const text = answer.status === 200 ? this.#amended(call, answer.text) : answer.text;
    response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(text) }).end(text);
  }

  async #forward(
    request: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; text: string }> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === "string" && !HOP_BY_HOP.has(name)) headers[name] = value;
    }
    const answer = await fetch(new URL(request.url ?? "/", this.#target), {
      method: request.method ?? "POST",
      headers,
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    // The checksum that DynamoDB's answers bear is of the text that is passed on unchanged.
    const kept = [...answer.headers].filter(([name]) => !HOP_BY_HOP.has(name) && name !== "content-encoding");
    return { status: answer.status, headers: Object.fromEntries(kept), text };
  }

  #amended(call: Call, text: string): string {
    if (call.api === "ecs.DescribeServices") {
      const answer = JSON.parse(text) as { services: EmulatedService[] };
      return JSON.stringify({ ...answer, services: answer.services.map((each) => this.#rollouts.amend(each)) });
    }
    if (call.api === "ecs.UpdateService") {
      const answer = JSON.parse(text) as { service: EmulatedService };
      return JSON.stringify({ ...answer, service: this.#rollouts.amend(answer.service) });
    }
    if (call.api === "ecs.DescribeTaskDefinition" || call.api === "ecs.RegisterTaskDefinition") {
      const answer = JSON.parse(text) as { taskDefinition: Parameters<Rollouts["learn"]>[0] };
      this.#rollouts.learn(answer.taskDefinition);
    }
    if (call.api === "ecs.ListTaskDefinitions" && call.body["sort"] === "DESC") {
      // The emulator ignores the order asked for.
      const answer = JSON.parse(text) as { taskDefinitionArns: string[] };
      return JSON.stringify({ ...answer, taskDefinitionArns: answer.taskDefinitionArns.toReversed() });
    }
    return text;
  }
}

const HOP_BY_HOP = new Set(["host", "connection", "content-length", "transfer-encoding", "keep-alive", "expect"]);

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function callOf(request: IncomingMessage, body: Buffer): Call {
  const target = request.headers["x-amz-target"];
  const text = body.toString("utf8");
  if (typeof target === "string") {
    const [service = "", operation = ""] = target.split(".");
    return { api: `${SERVICES[service] ?? service}.${operation}`, body: objectOf(text) };
  }
  const form = new URLSearchParams(text);
  const service = /\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? "")?.[1] ?? "unknown";
  return { api: `${service}.${form.get("Action") ?? "unknown"}`, body: Object.fromEntries(form) };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
