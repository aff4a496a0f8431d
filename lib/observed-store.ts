import type { Decision } from "./domain/model/decision.ts";
import type { FleetSnapshot, StateStore } from "./ports.ts";

export interface StoreObserver {
  /** Each decision that was stored or went on. */
  readonly decisions?: (fleet: string, decisions: readonly Decision[]) => void;
  /** Each fleet that was read as a whole. */
  readonly snapshot?: (fleet: string, snapshot: FleetSnapshot) => void;
}

/**
 * The same store, which also tells what passes through it: the live view and the metrics cost no queries. What other
 * processes write is not seen here.
 */
export function observeStore(store: StateStore, observer: StoreObserver): StateStore {
  const own: Partial<StateStore> = {
    appendDecisions: async (fleet, decisions) => {
      await store.appendDecisions(fleet, decisions);
      observer.decisions?.(fleet, decisions);
    },
    writeDecision: async (next) => {
      const cas = await store.writeDecision(next);
      if (cas.won) observer.decisions?.(next.fleet, [next]);
      return cas;
    },
    readFleet: async (fleet) => {
      const snapshot = await store.readFleet(fleet);
      observer.snapshot?.(fleet, snapshot);
      return snapshot;
    },
  };
  return new Proxy(store, {
    get(target, property) {
      if (Object.hasOwn(own, property)) return own[property as keyof StateStore];
      const value: unknown = Reflect.get(target, property, target);
      // Private fields live on the store itself, not on the proxy.
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
