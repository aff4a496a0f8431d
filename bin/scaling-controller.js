#!/usr/bin/env node
// Plain JavaScript, so that any Node can say what is missing before TypeScript is loaded.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`scaling-controller needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

// The AWS SDK announces its future minimum of Node at each start; it is not the operator's concern.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const { register } = await import("tsx/esm/api");
register();
await import("./scaling-controller.ts");
