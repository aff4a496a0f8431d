import type { StrategyName } from "../../model/trigger.ts";
import { adaptive } from "./adaptive.ts";
import { aggressive } from "./aggressive.ts";
import { conservative } from "./conservative.ts";
import { predictive } from "./predictive.ts";
import { proactive } from "./proactive.ts";
import { reactive } from "./reactive.ts";
import type { Strategy } from "./strategy.ts";

export type { Judgement, Opinion, Strategy } from "./strategy.ts";

/** Every strategy by name; a new one is a file of its own and a line here. */
export const STRATEGIES_BY_NAME: Readonly<Record<StrategyName, Strategy>> = {
  REACTIVE: reactive,
  PREDICTIVE: predictive,
  PROACTIVE: proactive,
  ADAPTIVE: adaptive,
  CONSERVATIVE: conservative,
  AGGRESSIVE: aggressive,
};
