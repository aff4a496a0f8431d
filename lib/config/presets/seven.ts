import type { WrittenConfig } from "../schema.ts";

type Fleet = NonNullable<WrittenConfig["fleets"]>[number];
type Component = Fleet["components"][number];

/** One row of the table in the requirements, section 6, in its order of columns. */
function row(
  name: string,
  strategy: Component["strategy"],
  cpu: [min: number, max: number, target: number],
  memory: [min: number, max: number, target: number],
  factor: [up: number, down: number],
  perHour: [up: number, down: number],
  responseTimeMs: number,
  throughput: number,
): Component {
  return {
    name,
    strategy,
    compute: "ec2",
    cpu: { min: cpu[0], max: cpu[1] },
    memory: { min: memory[0], max: memory[1] },
    target: { cpu: cpu[2], memory: memory[2], responseTimeMs, throughput },
    factor: { up: factor[0], down: factor[1] },
    perHour: { up: perHour[0], down: perHour[1] },
  };
}

/** The seven components of the arbitrage system this controller grew out of (requirements, section 6). */
export const SEVEN: Fleet = {
  components: [
    row("arbitrage_engine", "PROACTIVE", [0.5, 6, 75], [0.5, 4, 70], [1.5, 0.7], [5, 3], 200, 25), // critical
    row("bridge_monitor", "REACTIVE", [0.2, 2, 60], [0.3, 2, 65], [1.3, 0.8], [3, 2], 800, 15), // monitoring
    row("cross_chain_mev", "ADAPTIVE", [0.3, 3, 70], [0.3, 3, 70], [1.4, 0.75], [4, 2], 400, 12), // balanced
    row("price_feeds", "PREDICTIVE", [0.4, 4, 65], [0.5, 6, 80], [1.2, 0.85], [6, 3], 100, 50), // high throughput
    row("wallet_manager", "CONSERVATIVE", [0.1, 1, 50], [0.1, 1, 60], [1.1, 0.9], [2, 1], 1500, 5), // security
    row("memory_system", "ADAPTIVE", [0.2, 2, 55], [1, 8, 85], [1.3, 0.8], [4, 2], 200, 30), // memory-optimized
    row("health_monitor", "CONSERVATIVE", [0.1, 0.5, 30], [0.1, 0.5, 40], [1.1, 0.9], [1, 1], 2000, 8), // minimal
  ],
};
