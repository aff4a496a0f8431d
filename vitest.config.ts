import { defineConfig } from "vitest/config";

// The SDK announces a future minimum of Node 22; the tests' output is not the place for it.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

// Tests that open sockets, files or child processes, and the port contracts, which run on a real database.
const slow = ["test/integration/**/*.test.ts", "test/contracts/**/*.test.ts"];

const fixtures = ["**/node_modules/**", "test/fixtures/**"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          // Pure code: one module graph per worker thread. A test here that changes global state is a bug.
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...fixtures, ...slow],
          pool: "threads",
          isolate: false,
          testTimeout: 10_000,
          env,
        },
      },
      {
        test: {
          name: "integration",
          include: slow,
          exclude: fixtures,
          pool: "forks",
          testTimeout: 60_000,
          hookTimeout: 30_000,
          env,
        },
      },
    ],
  },
});
