import type { Ports } from "../../lib/ports.ts";

/** A small seeded generator: the same seed is the same run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Odds {
  /** Chance of each call to fail without effect, to take effect unanswered, and to be the last of its process. */
  readonly lost: number;
  readonly unanswered: number;
  readonly killed: number;
}

/** Ports of one process among several: calls take a random number of turns, so that processes interleave, and some fail. */
export function unreliable(ports: Ports, random: () => number, odds: Odds): Ports {
  let dead = false;
  const call = async (act: () => Promise<unknown>): Promise<unknown> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
    if (dead) throw new Error("dead");
    const luck = random();
    if (luck < odds.lost) throw new Error("lost");
    const answer = await act();
    if (luck < odds.lost + odds.unanswered) throw new Error("unanswered");
    if (luck < odds.lost + odds.unanswered + odds.killed) {
      dead = true;
      throw new Error("dead");
    }
    return answer;
  };
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...given: unknown[]) => call(() => Reflect.apply(method, target, given) as Promise<unknown>);
      },
    });
  return { ...ports, store: wrap(ports.store), orchestrator: wrap(ports.orchestrator) };
}

/** Ports of a process so slow that others make whole passes between two of its calls. What it does act on is stale. */
export function slowToRead(ports: Ports, random: () => number): Ports {
  const store = new Proxy(ports.store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]) => {
        for (let turns = Math.floor(random() * 200); turns > 0; turns--) await Promise.resolve();
        return Reflect.apply(method, target, given) as Promise<unknown>;
      };
    },
  });
  return { ...ports, store };
}
