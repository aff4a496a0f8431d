import type { Ports } from "../../lib/ports.ts";

/**
 * Where the world breaks. `killed`: the process dies right after call `at` took effect, so everything it does later
 * fails too. `lost`: that one call fails without effect. `unanswered`: it takes effect and its answer is lost.
 */
export interface Break {
  readonly at: number;
  readonly how: "killed" | "lost" | "unanswered";
}

/** Counts the calls of a run over many passes and breaks one of them. */
export class Breaker {
  calls = 0;
  broken = false;
  readonly #plan: Break | undefined;

  constructor(plan?: Break) {
    this.#plan = plan;
  }

  /** Ports of one process: dead for good once killed. */
  process(ports: Ports): Ports {
    const life = { dead: false };
    return { ...ports, store: this.#wrap(ports.store, life), orchestrator: this.#wrap(ports.orchestrator, life) };
  }

  #wrap<T extends object>(port: T, life: { dead: boolean }): T {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...given: unknown[]) =>
          this.#call(() => Reflect.apply(method, target, given) as Promise<unknown>, life);
      },
    });
  }

  async #call(act: () => Promise<unknown>, life: { dead: boolean }): Promise<unknown> {
    if (life.dead) throw new Error("dead");
    const mine = this.#plan !== undefined && this.calls++ === this.#plan.at;
    if (this.#plan === undefined) this.calls++;
    if (!mine) return act();
    this.broken = true;
    if (this.#plan?.how === "lost") throw new Error("lost");
    await act();
    if (this.#plan?.how === "killed") life.dead = true;
    throw new Error(life.dead ? "dead" : "unanswered");
  }
}
