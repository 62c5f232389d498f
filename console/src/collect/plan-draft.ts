import type { Schema } from "@/api/client";
import type { Known } from "./catalogue";

export type PlanInput = Schema["PlanInput"];

export interface Draft {
  name: string;
  mode: NonNullable<PlanInput["mode"]>;
  unplanned: NonNullable<PlanInput["unplanned"]>;
  sources: string;
  description: string;
  /** Event name → { schema, description }, as JSON text while it is being written. */
  events: string;
}

const MODES = ["observe", "quarantine", "strip"] as const;

export function draftOf(plan: Schema["PlanView"] | undefined): Draft {
  const body = plan?.definition ?? {};
  const mode = MODES.find((each) => each === body["mode"]) ?? "observe";
  return {
    name: plan?.name ?? "",
    mode,
    unplanned: body["unplanned"] === "quarantine" ? "quarantine" : "allow",
    sources: Array.isArray(body["sources"]) ? body["sources"].join(", ") : "",
    description: plan?.description ?? "",
    events: JSON.stringify(body["events"] ?? {}, null, 2),
  };
}

/** The plan as the API takes it, or null while its JSON is not complete. */
export function inputOf(draft: Draft): PlanInput | null {
  try {
    const events: unknown = JSON.parse(draft.events);
    if (typeof events !== "object" || events === null || Array.isArray(events)) return null;
    return {
      mode: draft.mode,
      unplanned: draft.unplanned,
      sources: draft.sources.split(",").map((each) => each.trim()).filter(Boolean),
      description: draft.description,
      events: events as NonNullable<PlanInput["events"]>,
    };
  } catch {
    return null;
  }
}

const TYPES = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);

/** A schema of what was seen: each property with its types. Nothing is required; that is for a person to say. */
export function learned(draft: Draft, event: string, known: readonly Known[]): Draft {
  const properties: Record<string, { type: string | string[] }> = {};
  for (const each of known) {
    if (each.type !== "track" || each.name !== event || each.property === "" || !TYPES.has(each.json_type)) continue;
    const before = properties[each.property]?.type;
    const types = [...new Set([...(before ? [before].flat() : []), each.json_type])];
    properties[each.property] = { type: types.length === 1 ? (types[0] ?? "string") : types };
  }
  const events = inputOf(draft)?.events ?? {};
  const next = { ...events, [event]: { schema: { type: "object", properties, required: [] } } };
  return { ...draft, events: JSON.stringify(next, null, 2) };
}
