import { expect, test } from "vitest";
import { type Capacity, type DemandState, restingDemand, stepDemand, workersOf } from "../../lib/simulation/demand.ts";
import { Prng } from "../../lib/simulation/prng.ts";
import { DEFAULT_PROFILE, opsPerTask, type ServiceProfile } from "../../lib/simulation/profile.ts";

const size = { cpu: 500, memory: 1000, network: 100, storage: 0 };

function capacityOf(
  tasks: number,
  {
    profile = DEFAULT_PROFILE,
    cpu = size.cpu,
    memory = size.memory,
    grownStorage = 0,
  }: { profile?: ServiceProfile; cpu?: number; memory?: number; grownStorage?: number } = {},
): Capacity {
  return {
    tasks,
    total: { cpu: tasks * cpu, memory: tasks * memory, network: tasks * 100, storage: 0 },
    workers: tasks * workersOf(profile, cpu),
    grownMemory: 0,
    grownStorage,
  };
}

/** Steps of 5 s at one rate; the last one. */
function settle(
  rate: number,
  capacity: Capacity,
  {
    profile = DEFAULT_PROFILE,
    steps = 720,
    state = restingDemand(rate),
  }: { profile?: ServiceProfile; steps?: number; state?: DemandState } = {},
) {
  let last = stepDemand(state, { profile, capacity, rate, arrivals: rate * 5, stepMs: 5000 });
  for (let count = 1; count < steps; count++)
    last = stepDemand(state, { profile, capacity, rate, arrivals: rate * 5, stepMs: 5000 });
  return last;
}

test("a task of half a vCPU does half the operations of one with a whole", () => {
  expect(opsPerTask(DEFAULT_PROFILE, { ...size, cpu: 500 })).toBe(12.5);
  expect(opsPerTask(DEFAULT_PROFILE, { ...size, cpu: 1000 })).toBe(25);
  const overload = (cpu: number) => settle(100, capacityOf(1, { cpu, memory: 20_000 })).finished;
  expect(overload(1000)).toBeCloseTo(2 * overload(500), 6);
  expect(overload(2000)).toBeCloseTo(4 * overload(500), 6);
});

test("use is absolute and in proportion to the load, and CPU is clipped at what the tasks have", () => {
  const calm = settle(10, capacityOf(2));
  expect(calm.cpuUsed).toBeCloseTo(10 * 40 + 2 * 5, 6);
  expect(calm.networkUsed).toBeCloseTo(10 * 0.5 + 2, 6);
  expect(calm.storageUsed).toBe(8000);
  expect(settle(1000, capacityOf(2, { memory: 20_000 })).cpuUsed).toBe(1000);
});

test("nobody idles while operations wait: under twice the load all CPU is used, whatever chance does to the arrivals", () => {
  const prng = new Prng(1, 2, 3);
  const capacity = capacityOf(6, { memory: 20_000 });
  const state = restingDemand(150);
  let used = 0;
  for (let step = 0; step < 200; step++) {
    const arrivals = prng.poisson(150);
    const { cpuUsed } = stepDemand(state, { profile: DEFAULT_PROFILE, capacity, rate: 150, arrivals, stepMs: 1000 });
    if (step >= 20) used += cpuUsed / 180;
  }
  expect(used).toBeGreaterThan(0.999 * capacity.total.cpu);
});

test("a step in which fewer came than give up on average owes them to the next: nothing is ever below zero, nobody is lost", () => {
  const capacity = capacityOf(6, { memory: 20_000 });
  const state = restingDemand(300);
  let came = 0;
  let left = 0;
  for (let step = 0; step < 200; step++) {
    const arrivals = step % 10 < 9 ? 1000 : 0;
    const { finished, failed, queue } = stepDemand(state, {
      profile: { ...DEFAULT_PROFILE, baseErrorFraction: 0, timeoutMs: 1000 },
      capacity,
      rate: 900,
      arrivals,
      stepMs: 1000,
    });
    expect(queue).toBeGreaterThanOrEqual(0);
    expect(finished).toBeGreaterThanOrEqual(0);
    expect(state.queue).toBeGreaterThanOrEqual(0);
    came += arrivals;
    left += finished + failed;
  }
  expect(came - left).toBeCloseTo(state.queue + state.carry, 6);
});

test("more CPU a task never means slower, from one slow worker to several", () => {
  let last = Number.POSITIVE_INFINITY;
  for (let cpu = 450; cpu <= 3000; cpu += 50) {
    const { responseMs } = settle(10, capacityOf(1, { cpu }));
    expect(responseMs).toBeLessThanOrEqual(last + 1e-9);
    last = responseMs;
  }
  expect(last).toBeGreaterThan(60); // 20 ms elsewhere and 40 ms on the one vCPU an operation can use
});

test("no operation is lost or invented, below, at and above capacity", () => {
  const prng = new Prng(4);
  const profile = { ...DEFAULT_PROFILE, queueLimit: 50, baseMemoryMilli: 10, memoryMilliPerOpInFlight: 0 };
  for (const rate of [0.3, 10, 24, 25, 26, 80]) {
    const state = restingDemand(rate);
    let arrived = 0;
    let ended = 0;
    for (let count = 0; count < 5000; count++) {
      const arrivals = prng.poisson(rate * 5);
      const step = stepDemand(state, { profile, capacity: capacityOf(2, { profile }), rate, arrivals, stepMs: 5000 });
      arrived += arrivals;
      ended += step.finished + step.failed;
    }
    expect(ended + state.queue + state.carry).toBeCloseTo(arrived, 4);
    expect(Math.abs(state.carry)).toBeLessThan(200);
  }
});

test("overload: the queue grows to its limit, the rest fails, the wait is the queue's", () => {
  const profile = { ...DEFAULT_PROFILE, queueLimit: 100 };
  const full = settle(50, capacityOf(2), { profile });
  expect(full.queue).toBe(100);
  expect(full.finished + full.failed).toBeCloseTo(250, 6);
  expect(full.failed).toBeCloseTo(125 + 0.001 * 125, 3);
  expect(full.responseMs).toBeGreaterThan((100 / 25) * 1000);
  expect(full.late).toBeCloseTo(full.finished, 6);
});

test("overload: who would wait longer than the time-out fails", () => {
  const { queue, responseMs } = settle(50, capacityOf(2), { profile: { ...DEFAULT_PROFILE, timeoutMs: 2000 } });
  expect(queue).toBe(50); // 25 operations/s x 2 s
  expect(responseMs).toBeLessThanOrEqual(2000 + 20 + 80);
});

test("without a task everything fails at once, and nothing is used", () => {
  const state = restingDemand(10);
  state.queue = 7;
  const step = stepDemand(state, {
    profile: DEFAULT_PROFILE,
    capacity: capacityOf(0),
    rate: 10,
    arrivals: 50,
    stepMs: 5000,
  });
  expect(step).toMatchObject({ finished: 0, failed: 57, cpuUsed: 0, memoryUsed: 0, queue: 0 });
});

test("memory: base, working set and what is in flight; a part that does not follow the load", () => {
  const profile = { ...DEFAULT_PROFILE, fixedMemoryMilli: 300, memoryMilliPerOpInFlight: 0 };
  expect(settle(10, capacityOf(2), { profile }).memoryUsed).toBeCloseTo(2 * 150 + 300 + 10 * 10, 3);
  expect(settle(0, capacityOf(2), { profile }).memoryUsed).toBeCloseTo(600, 6);
});

test("short of memory: slower from 95 %, errors and a kill beyond 100 %", () => {
  const at = (memory: number) =>
    settle(10, capacityOf(2, { memory }), {
      profile: { ...DEFAULT_PROFILE, baseMemoryMilli: 900, workingSetMilliPerRate: 0, memoryMilliPerOpInFlight: 0 },
    });
  const roomy = at(1000);
  const tight = at(920); // 97.8 %
  const over = at(850); // 105.9 %
  expect([roomy.outOfMemory, tight.outOfMemory, over.outOfMemory]).toEqual([false, false, true]);
  expect(tight.responseMs).toBeGreaterThan(roomy.responseMs * 1.3);
  expect(tight.failed / tight.finished).toBeLessThan(0.002);
  expect(over.failed / (over.finished + over.failed)).toBeGreaterThan(0.1);
  expect(over.memoryUsed).toBe(1700);
});

test("a full disk makes a fifth fail", () => {
  const step = settle(10, capacityOf(2, { grownStorage: 40_000 }));
  expect(step.storageUsed).toBe(40_000);
  expect(step.failed / (step.failed + step.finished)).toBeCloseTo(0.201, 6);
});

test("the network limits the operations where it is the narrower side", () => {
  const step = settle(20, capacityOf(2), {
    profile: { ...DEFAULT_PROFILE, networkMbitPerOp: 20, idleNetworkMilli: 0 },
  });
  expect(step.finished).toBeCloseTo(50 * 0.999, 6); // 200 Mbit/s / 20 Mbit = 10/s
  expect(step.failed).toBeCloseTo(50 + 0.05, 6); // as many wait too long
  expect(step.networkUsed).toBeCloseTo(200, 6);
});
