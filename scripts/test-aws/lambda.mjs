// What Lambda does around a function: loads the bundle once, then one event after the other, each with a deadline. Errors
// are answers. Talks to its parent by messages: { id, nowMs, event, timeoutMs } -> { id, result } or { id, error }.
import { pathToFileURL } from "node:url";

const [, , bundle, name] = process.argv;
const { handler } = await import(pathToFileURL(bundle).href);

process.on("message", ({ id, nowMs, event, timeoutMs }) => {
  globalThis.setClock(nowMs);
  const deadline = performance.now() + timeoutMs;
  const context = {
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
    memoryLimitInMB: "512",
    awsRequestId: `request-${id}`,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "stream",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
  };
  Promise.resolve()
    .then(() => handler(event, context))
    .then(
      (result) => process.send({ id, result }),
      (error) => process.send({ id, error: { name: error.name, message: error.message } }),
    );
});
process.send({ ready: true });
