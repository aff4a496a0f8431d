import type { FleetPolicy } from "../domain/model/policy.ts";

/** What a viewer's dashboard asks for, with every default filled in. */
export interface WidgetRequest {
  readonly fleet: FleetPolicy;
  /** Undefined: all of the fleet. */
  readonly component?: string | undefined;
  /** Most rows of the table. */
  readonly limit: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether the range ends now: what there is now is then its end. */
  readonly isLive: boolean;
  readonly theme: "light" | "dark";
  /** Pixels. */
  readonly width: number;
  /** Of the viewer's clock to UTC, minutes, positive east of Greenwich. */
  readonly offsetMinutes: number;
  /** What was asked for and means nothing here. */
  readonly notes: readonly string[];
}

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 100;
const RANGE_DEFAULT_MS = 3 * 3_600_000;
const RANGE_MAX_MS = 7 * 86_400_000;
/** The viewer's clock is not ours, and a dashboard is refreshed every few minutes. */
const LIVE_MS = 300_000;
const WIDTH_DEFAULT = 800;
const PARAMETERS = ["fleet", "component", "limit"];
/** What CloudWatch itself puts beside the parameters. */
const ENVELOPE = ["widgetContext", "describe"];
const SHOWN = 80;

/** Reads an event of a custom widget. Parameters that cannot be used are problems, one sentence each; never throws. */
export function readRequest(
  event: unknown,
  fleets: readonly FleetPolicy[],
  nowMs: number,
): WidgetRequest | { readonly problems: readonly string[] } {
  const given = objectOf(event);
  const context = objectOf(given["widgetContext"]);
  const problems: string[] = [];
  const component = optionalText(given["component"], "component", problems);
  const named = optionalText(given["fleet"], "fleet", problems);
  const limit = limitOf(given["limit"], problems);
  const fleet = fleetOf(fleets, named, component, problems);
  if (fleet === undefined || problems.length > 0) return { problems };
  const unknown = Object.keys(given).filter((key) => !PARAMETERS.includes(key) && !ENVELOPE.includes(key));
  return {
    fleet,
    component,
    limit,
    ...rangeOf(context["timeRange"], nowMs),
    theme: context["theme"] === "dark" ? "dark" : "light",
    width: clamped(context["width"], 480, 2400, WIDTH_DEFAULT),
    offsetMinutes: offsetOf(context["timezone"]),
    notes: unknown.slice(0, 5).map((key) => `The parameter ${show(key)} means nothing to this widget.`),
  };
}

function optionalText(value: unknown, name: string, problems: string[]): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  problems.push(`${name} is ${show(value)}; it must be a name.`);
  return undefined;
}

function limitOf(value: unknown, problems: string[]): number {
  if (value === undefined || value === null || value === "") return LIMIT_DEFAULT;
  // A form of the dashboard gives texts.
  const limit = typeof value === "string" ? Number(value) : value;
  if (typeof limit === "number" && Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  problems.push(`limit is ${show(value)}; it must be a whole number from 1 to ${LIMIT_MAX}.`);
  return LIMIT_DEFAULT;
}

function fleetOf(
  fleets: readonly FleetPolicy[],
  named: string | undefined,
  component: string | undefined,
  problems: string[],
): FleetPolicy | undefined {
  const has = (fleet: FleetPolicy): boolean => fleet.components.some(({ name }) => name === component);
  const fleet =
    named === undefined
      ? (fleets.find((each) => component !== undefined && has(each)) ?? fleets[0])
      : fleets.find(({ name }) => name === named);
  if (fleet === undefined)
    problems.push(`fleet is ${show(named)}; there are ${listOf(fleets.map(({ name }) => name))}.`);
  else if (component !== undefined && !has(fleet))
    problems.push(
      `component is ${show(component)}; the fleet ${fleet.name} has ${listOf(fleet.components.map(({ name }) => name))}.`,
    );
  return fleet;
}

/** The dashboard's range, or what is zoomed in on; never longer than a week, never beyond now. */
function rangeOf(value: unknown, nowMs: number): Pick<WidgetRequest, "fromMs" | "toMs" | "isLive"> {
  const range = objectOf(value);
  const zoom = objectOf(range["zoom"]);
  const start = timeOf(zoom["start"]) ?? timeOf(range["start"]);
  const end = timeOf(zoom["end"]) ?? timeOf(range["end"]);
  const toMs = Math.min(end ?? nowMs, nowMs);
  const fromMs = start === undefined || start >= toMs ? toMs - RANGE_DEFAULT_MS : start;
  return { fromMs: Math.max(fromMs, toMs - RANGE_MAX_MS, 0), toMs, isLive: nowMs - toMs <= LIVE_MS };
}

function timeOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 && value < 1e14
    ? Math.floor(value)
    : undefined;
}

/** CloudWatch tells the offset as `+05:30`. */
function offsetOf(timezone: unknown): number {
  const text = objectOf(timezone)["offsetISO"];
  const [, sign, hours, minutes] = (typeof text === "string" && /^([+-])(\d\d):(\d\d)$/.exec(text)) || [];
  if (hours === undefined || minutes === undefined) return 0;
  return (sign === "-" ? -1 : 1) * Math.min(Number(hours) * 60 + Number(minutes), 14 * 60);
}

function clamped(value: unknown, min: number, max: number, otherwise: number): number {
  if (typeof value !== "number" || !Number.isFinite(value)) return otherwise;
  return Math.round(Math.min(max, Math.max(min, value)));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function listOf(names: readonly string[]): string {
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return `${names.slice(0, 10).join(", ")}${more}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
