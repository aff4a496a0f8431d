import type { Decision } from "../domain/model/decision.ts";
import type { StateStore } from "../ports.ts";

/**
 * The same store, which also tells of each decision that was stored or went on: the live view costs no queries. What other
 * processes write is not seen here.
 */
export function observeDecisions(store: StateStore, observe: (decisions: readonly Decision[]) => void): StateStore {
  const appendDecisions: StateStore["appendDecisions"] = async (fleet, decisions) => {
    await store.appendDecisions(fleet, decisions);
    observe(decisions);
  };
  const writeDecision: StateStore["writeDecision"] = async (next) => {
    const cas = await store.writeDecision(next);
    if (cas.won) observe([next]);
    return cas;
  };
  const own: Partial<StateStore> = { appendDecisions, writeDecision };
  return new Proxy(store, {
    get(target, property) {
      if (Object.hasOwn(own, property)) return own[property as keyof StateStore];
      const value: unknown = Reflect.get(target, property, target);
      // Private fields live on the store itself, not on the proxy.
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
