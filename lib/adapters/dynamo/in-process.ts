import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  DynamoDBServiceException,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";

/** What only a network needs: between the command and the server there is none. */
const OF_THE_NETWORK = [
  "loggerMiddleware",
  "contentLengthMiddleware",
  "getUserAgentMiddleware",
  "hostHeaderMiddleware",
  "recursionDetectionMiddleware",
  "retryMiddleware",
  "httpSigningMiddleware",
];

/**
 * Lets a client talk to a server of this very process by a call instead of a request over a socket. The steps from the
 * command down (signature, retries, HTTP) are left out, which is half of the time of a small request; what the server
 * gets and answers is the same JSON as ever. The server still listens, for other processes.
 */
export function talkInProcess(client: DynamoDBClient, server: Server): void {
  const stack = client.middlewareStack;
  for (const name of OF_THE_NETWORK) stack.remove(name);
  // Under the names of those they replace: the document client puts its translation of items in front of these two.
  stack.remove("serializerMiddleware");
  stack.add((next) => (args) => next(args), { name: "serializerMiddleware", step: "serialize" });
  stack.remove("deserializerMiddleware");
  stack.add(
    (_, { commandName = "" }) =>
      async ({ input }) => {
        const { statusCode, body } = await deliver(
          server,
          commandName.replace(/Command$/, ""),
          JSON.stringify(input, toBase64),
        );
        const answer = JSON.parse(body, fromBase64) as Record<string, unknown>;
        if (statusCode !== 200) throw errorOf(statusCode, answer);
        return { output: { $metadata: { httpStatusCode: statusCode }, ...answer } as never, response: undefined };
      },
    { name: "deserializerMiddleware", step: "deserialize" },
  );
}

/** Bytes are Base64 in the server's JSON. */
function toBase64(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key]; // a Buffer has become something else before it comes here
  return own instanceof Uint8Array ? Buffer.from(own).toString("base64") : value;
}

/** `B` is the type of an attribute, beside no other; an attribute of that name has its own type below. */
function fromBase64(key: string, value: unknown): unknown {
  return key === "B" && typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value;
}

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

/** dynalite asks for a signature but does not check it. */
const SIGNED = {
  authorization: "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none",
  "x-amz-date": "20260101T000000Z",
};

function deliver(server: Server, operation: string, body: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = {
      ...SIGNED,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
    };
    const request = Object.assign(new EventEmitter(), { method: "POST", url: "/", headers });
    const response = {
      statusCode: 200,
      setHeader: () => undefined,
      end: (text = "{}") => resolve({ statusCode: response.statusCode, body: text }),
    };
    server.emit("request", request, response);
    request.emit("data", Buffer.from(body));
    request.emit("end");
  });
}

/** The error that the SDK would have made of the answer. */
function errorOf(statusCode: number, answer: Record<string, unknown>): Error {
  const { __type: type, message: said, Message: alsoSaid } = answer;
  const name = (typeof type === "string" ? type.split("#").at(-1) : undefined) ?? "UnknownError";
  const message = [said, alsoSaid, name].find((each) => typeof each === "string") ?? name;
  const options = { message, $metadata: { httpStatusCode: statusCode } };
  if (name === "ConditionalCheckFailedException") return new ConditionalCheckFailedException(options);
  if (name === "ResourceNotFoundException") return new ResourceNotFoundException(options);
  if (name === "ResourceInUseException") return new ResourceInUseException(options);
  return new DynamoDBServiceException({ ...options, name, $fault: statusCode < 500 ? "client" : "server" });
}
