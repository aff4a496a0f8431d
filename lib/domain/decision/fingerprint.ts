import type { ComponentPolicy } from "../model/policy.ts";

const known = new WeakMap<ComponentPolicy, string>();

/**
 * Short fingerprint of a policy, so that a replay can tell that the policy has changed since: FNV-1a, 32 bit (Fowler,
 * Noll, Vo; draft-eastlake-fnv), over its JSON. Not a security measure.
 */
export function fingerprintOf(policy: ComponentPolicy): string {
  const cached = known.get(policy);
  if (cached !== undefined) return cached;
  const text = JSON.stringify(policy);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  const fingerprint = (hash >>> 0).toString(16).padStart(8, "0");
  known.set(policy, fingerprint);
  return fingerprint;
}
