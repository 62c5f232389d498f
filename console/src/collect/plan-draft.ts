import type { Schema } from "@/api/client";
import type { Known } from "./catalogue";

type PlanInput = Schema["PlanInput"];
type Rest = Record<string, unknown>;

/** A property as the form shows it; `rest` keeps what a schema says beyond the form, unchanged. */
export interface PlannedProperty {
  name: string;
  types: readonly string[];
  required: boolean;
  format: string;
  /** Allowed values; none: any. */
  values: readonly unknown[];
  minimum: number | null;
  maximum: number | null;
  rest: Rest;
}

export interface PlannedEvent {
  name: string;
  description: string;
  /** No property that is not named here. */
  closed: boolean;
  properties: readonly PlannedProperty[];
  rest: Rest;
}

export interface Draft {
  name: string;
  mode: NonNullable<PlanInput["mode"]>;
  unplanned: NonNullable<PlanInput["unplanned"]>;
  sources: readonly string[];
  description: string;
  events: readonly PlannedEvent[];
}

const MODES = ["observe", "quarantine", "strip"] as const;
export const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"] as const;
export const FORMATS = ["date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6"] as const;

const isRest = (value: unknown): value is Rest => typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const blankProperty = (name = ""): PlannedProperty => ({
  name, types: ["string"], required: false, format: "", values: [], minimum: null, maximum: null, rest: {},
});
export const blankEvent = (name: string): PlannedEvent => ({ name, description: "", closed: false, properties: [], rest: {} });

function propertyOf(name: string, schema: unknown, required: boolean): PlannedProperty {
  const { type, format, enum: values, minimum, maximum, ...rest } = isRest(schema) ? schema : {};
  return {
    name, required, rest,
    types: [type ?? []].flat().map(textOf).filter(Boolean),
    format: textOf(format),
    values: listOf(values),
    minimum: typeof minimum === "number" ? minimum : null,
    maximum: typeof maximum === "number" ? maximum : null,
  };
}

function eventOf(name: string, planned: unknown): PlannedEvent {
  const { schema, description } = isRest(planned) ? planned : {};
  const { type: _object, properties, required, additionalProperties, ...rest } = isRest(schema) ? schema : {};
  const wanted = new Set(listOf(required).map(textOf));
  const named = Object.entries(isRest(properties) ? properties : {}).map(([each, of]) => propertyOf(each, of, wanted.has(each)));
  const unnamed = [...wanted].filter((each) => !named.some((one) => one.name === each)).map((each) => propertyOf(each, {}, true));
  const open = additionalProperties === undefined || additionalProperties === true || additionalProperties === false;
  return {
    name,
    description: textOf(description),
    closed: additionalProperties === false,
    properties: [...named, ...unnamed],
    rest: open ? rest : { ...rest, additionalProperties },
  };
}

export function draftOf(plan: Schema["PlanView"] | undefined): Draft {
  const body = plan?.definition ?? {};
  return {
    name: plan?.name ?? "",
    mode: MODES.find((each) => each === body["mode"]) ?? "observe",
    unplanned: body["unplanned"] === "quarantine" ? "quarantine" : "allow",
    sources: listOf(body["sources"]).map(textOf).filter(Boolean),
    description: plan?.description ?? "",
    events: eventsOf(body["events"]),
  };
}

export const eventsOf = (events: unknown): readonly PlannedEvent[] =>
  Object.entries(isRest(events) ? events : {}).map(([name, planned]) => eventOf(name, planned));

function propertySchema({ types, format, values, minimum, maximum, rest }: PlannedProperty): Rest {
  return {
    ...(types.length === 0 ? {} : { type: types.length === 1 ? types[0] : types }),
    ...(format ? { format } : {}),
    ...(values.length === 0 ? {} : { enum: values }),
    ...(minimum === null ? {} : { minimum }),
    ...(maximum === null ? {} : { maximum }),
    ...rest,
  };
}

function schemaOf({ closed, properties, rest }: PlannedEvent): Rest {
  const named = properties.filter((each) => each.name);
  const required = named.filter((each) => each.required).map((each) => each.name);
  return {
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(named.map((each) => [each.name, propertySchema(each)])),
    ...(closed ? { additionalProperties: false } : {}),
    ...rest,
  };
}

export function plannedEvents(events: readonly PlannedEvent[]): NonNullable<PlanInput["events"]> {
  const named = events.filter((each) => each.name);
  return Object.fromEntries(named.map((each) => [each.name, { description: each.description, schema: schemaOf(each) }]));
}

/** The plan as the API takes it. */
export function inputOf({ mode, unplanned, sources, description, events }: Draft): PlanInput {
  return { mode, unplanned, sources: [...sources], description, events: plannedEvents(events) };
}

/** The properties that came with an event, each with all its types. Nothing is required: that is for a person to say. */
function seenProperties(event: string, known: readonly Known[]): readonly PlannedProperty[] {
  const seen = new Map<string, Set<string>>();
  for (const each of known) {
    // `a.b` tells what is inside of an object; the plan names the object.
    if (each.type !== "track" || each.name !== event || !each.property || each.property.includes(".")) continue;
    seen.set(each.property, (seen.get(each.property) ?? new Set()).add(each.json_type));
  }
  return [...seen].map(([name, types]) => ({ ...blankProperty(name), types: [...types] }));
}

/** What came with an event and is not in its plan. */
export function unplannedOf(event: PlannedEvent, known: readonly Known[]): readonly PlannedProperty[] {
  const planned = new Set(event.properties.map((each) => each.name));
  return seenProperties(event.name, known).filter((each) => !planned.has(each.name));
}

/** Adds what came: the event when it is not planned, else the properties that its plan does not name. */
export function takenOver(draft: Draft, name: string, known: readonly Known[]): Draft {
  const present = draft.events.find((each) => each.name === name);
  const event = present ?? blankEvent(name);
  const whole = { ...event, properties: [...event.properties, ...unplannedOf(event, known)] };
  return { ...draft, events: present ? draft.events.map((each) => (each === present ? whole : each)) : [...draft.events, whole] };
}

/** A value of an `enum` as it is typed: JSON where the types want it, else text. */
export function valueOf(text: string, types: readonly string[]): unknown {
  if (types.length === 0 || types.includes("string")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
