import { deflateRawSync, inflateRawSync } from "node:zlib";

/*
 * DynamoDB charges for each KB begun of what is written, and a state or a hold of a component is written every minute. So a
 * text that is shorter by a write unit when compressed is stored compressed: one byte that says how, then raw DEFLATE
 * (RFC 1951) with a dictionary of what such records always say. Anything else stays a text.
 */

/** The first byte: with which dictionary. A changed dictionary is another byte; what an older one wrote must stay readable. */
const FORMAT = 1;
const UNIT_BYTES = 1024;
/** Keys, marks and attribute names beside the text, at the most that is usual. */
const BESIDE_BYTES = 170;

/** What stands at its end is found the cheapest. Never to be changed: see FORMAT. */
export const DICTIONARY = Buffer.from(
  [
    '{"v":1,"component":"","metric":"cpuUsed","madeAtMs":17,"path":{"startMs":17,"stepMs":60000,"mean":[],"lower":[],',
    '"upper":[],"trusted":false,"model":"","reason":""}}',
    '{"v":1,"fleet":"default","version":1,"epoch":1,"paused":false,"componentModeOverride":{},"booked":{},"identity":{},',
    '"open":[],"recent":[{"decision":"","component":"","direction":"shrink","atMs":17,"removedCpu":0}],"quietUntil":{},',
    '"watermarkMs":17}',
    '{"v":1,"component":"","updatedAtMs":17,"service":{"identity":"arn:aws:ecs:","desired":[1,',
    '],"running":1,"pending":0,"revision":"","deploying":false,"rolloutFailed":false,"observedAtMs":17},"window":[[17',
    ',60000,"no-source","no-source",',
    '"no-traffic"]],"readThroughMs":17,"readAtMs":17,"performanceScore":100,"performanceBaseline":99.9}',
    '"AGGRESSIVE","ADAPTIVE","PREDICTIVE","PROACTIVE","REACTIVE","SCALE_OUT","SCALE_IN","SCALE_UP","SCALE_DOWN",',
    '"hold":"no-breach","cooldown","rate-limit-component","rate-limit-fleet","observe-mode","at-limit","stale-data",',
    '"because":"within-thresholds","below-threshold","above-threshold",',
    '"forecast":{"atMs":17,"mean":0.,"lower":0.,"upper":0.,"peakUpper":0.,"trusted":false,"model":"","reason":""}',
    '{"v":1,"id":"@17","fleet":"default","component":"","decidedAtMs":17,"action":"NO_ACTION","strategy":"CONSERVATIVE",',
    '"mode":"auto","direction":"shrink","resource":"INSTANCES","rule":"response-time","trigger":"RESPONSE_TIME",',
    '"priority":9,"hold":"","confidence":{"deviation":,"effectiveness":,"stability":,"headroom":,"total":},"signals":[',
    '{"rule":"cpu","trigger":"CPU_UTILIZATION","unit":"ratio","value":0.,"target":0.5,"up":0.6,"down":0.35,"points":[17',
    ',60000,0.,60000,0.],"periodMs":60000,"ageMs":120000,"completeness":1,"scalesWithCapacity":true},{"rule":"memory",',
    '"trigger":"MEMORY_UTILIZATION","unit":"ratio","value":0.,"target":0.6,"up":0.7,"down":0.45,"points":[17],',
    '"periodMs":60000,"ageMs":120000,"completeness":1,"scalesWithCapacity":true},{"rule":"response-time",',
    '"trigger":"RESPONSE_TIME","unit":"milliseconds","value":,"target":500,"up":750,"down":350,"points":[17],',
    '"periodMs":60000,"ageMs":120000,"completeness":1,"scalesWithCapacity":false}],"verdicts":[{"rule":"cpu",',
    '"trigger":"CPU_UTILIZATION","priority":8,"want":"hold","because":"sustained-below-threshold","judgedAs":"REACTIVE",',
    '"compared":0.,"threshold":0.35,"factor":0.9},{"rule":"memory","trigger":"MEMORY_UTILIZATION","priority":7,',
    '"want":"shrink","because":"","judgedAs":"CONSERVATIVE","compared":0.,"threshold":0.45,"factor":0.9},{"rule":',
    '"response-time","trigger":"RESPONSE_TIME","priority":9,"want":"hold","because":"","judgedAs":"CONSERVATIVE",',
    '"compared":,"threshold":350,"factor":1}],"current":[1,],"facts":{"paused":false,"service":{"running":1,"pending":0,',
    '"deploying":false,"refused":false},"used":[],"completeness":1,"effectiveness":50,"sinceLastMs":,"upsLastHour":0,',
    '"downsLastHour":0,"fleetLastHour":0,"open":false,"foreign":false,"room":[],"removable":,"shrinkStampede":false,',
    '"overlay":{"upShift":0,"downShift":0,"stepScale":1},"schedules":[],"bounds":{"min":[100,100,0,0],"max":[],',
    '"tasksMin":1,"tasksMax":20}},"policy":"","status":"HELD","version":1,"expiresAtMs":17',
  ].join(""),
);

/** The text as it is stored. */
export function packed(text: string): string | Uint8Array {
  const bytes = Buffer.byteLength(text);
  if (unitsOf(bytes) === 1) return text;
  const deflated = deflateRawSync(text, { dictionary: DICTIONARY });
  if (unitsOf(deflated.length + 1) >= unitsOf(bytes)) return text;
  return Buffer.concat([Buffer.of(FORMAT), deflated]);
}

function unitsOf(bytes: number): number {
  return Math.ceil((bytes + BESIDE_BYTES) / UNIT_BYTES);
}

/**
 * The text of what is stored.
 *
 * @throws Error for what this version does not know how to unpack, or what is damaged.
 */
export function unpacked(stored: string | Uint8Array): string {
  if (typeof stored === "string") return stored;
  if (stored[0] !== FORMAT) throw new Error(`packed in a way (${stored[0]}) that this version does not know`);
  return inflateRawSync(stored.subarray(1), { dictionary: DICTIONARY }).toString("utf8");
}
