import type { Failed } from "../../../ports.ts";

/** Errors that say "later": nothing was done, and the same call may be made again. */
const THROTTLING = new Set([
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "ConcurrentUpdateException",
]);
/** What ECS answers, as a plain ClientException, when two revisions of one family are registered at once. */
const CONCURRENT_REGISTRATION = /too many concurrent attempts/i;

/** The only 4xx after which the request may yet be carried out. */
const REQUEST_TIMEOUT = 408;

interface CallError {
  readonly name: string;
  readonly message: string;
  /** HTTP status of the answer; undefined when there was none (timeout, socket closed, no credentials). */
  readonly status: number | undefined;
}

/** What an SDK client threw; anything else is told as it is. */
function callError(error: unknown): CallError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), status: undefined };
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: metadata?.httpStatusCode };
}

/**
 * What a failed write came to. `throttled` and `refused` are answers of AWS that nothing was done; everything else
 * (5xx, timeout, closed socket, an answer that could not be read) is `unknown`, for AWS may have done it.
 */
export function failureOf(error: unknown): Failed {
  const { name, message, status } = callError(error);
  const detail = `${name}: ${message}`;
  if (THROTTLING.has(name) || status === 429 || CONCURRENT_REGISTRATION.test(message)) {
    return { kind: "throttled", detail };
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== REQUEST_TIMEOUT)
    return { kind: "refused", detail };
  return { kind: "unknown", detail };
}

/** What a failed read before a write came to: nothing was sent yet, so that a lost answer only means "again later". */
export function unsentFailureOf(error: unknown): Failed {
  const { kind, detail } = failureOf(error);
  return { kind: kind === "unknown" ? "throttled" : kind, detail: `nothing was sent: ${detail}` };
}

/** True when the caller lacks a permission, as opposed to the thing not being there. */
export function isDenied(error: unknown): boolean {
  const { name, status } = callError(error);
  return name === "AccessDeniedException" || name === "AccessDenied" || status === 403;
}
