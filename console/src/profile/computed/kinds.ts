/** What goes with each kind of computed trait. */
import { type Body, textOf, without } from "@/audience/builder/rule";

export const FORMULA = "formula";
export const SQL = "sql";
export const KINDS = [
  "count", "sum", "mean", "min", "max", "first", "last", "most_frequent", "top", "distinct", "distinct_count", "streak", "longest_streak", "time_since", FORMULA, SQL,
] as const;

export const sourceKeys = ["event", "record", "type"] as const;

interface Needs {
  property: boolean;
  k: boolean;
  units: readonly string[];
}

const STREAK = ["day", "week", "month"];
const UNITS: Record<string, readonly string[]> = { streak: STREAK, longest_streak: STREAK, time_since: ["day", "hour"] };

export const needsOf = (kind: string): Needs => ({
  property: !(kind === "count" || kind in UNITS || APART.includes(kind)), k: kind === "top", units: UNITS[kind] ?? [],
});

/** Those that can be of the moment, and the fields that make them so. */
export const FADING = ["last", "most_frequent", "top"];
export const FADES = ["half_life", "like_now", "beside"] as const;

/** Those that read no facts by themselves. */
const APART = [FORMULA, SQL];

export const kindOf = (body: Body): string => APART.find((each) => each in body) ?? textOf(body["kind"]);

const KEYS = new Set(["name", "kind", "formula", "description", ...sourceKeys, "property", "context", "multiply", "as", "k", "unit", "zone", "where", "window", SQL, "every", ...FADES]);

/** Whether the form shows all of it; what it does not know is edited as text. */
export const isKnown = (body: Body): boolean => KINDS.some((each) => each === kindOf(body)) && Object.keys(body).every((each) => KEYS.has(each));

/** The same trait of another kind, without what that has not. */
export function withKind(body: Body, kind: string): Body {
  const told = Object.fromEntries(["name", "description"].filter((key) => key in body).map((key) => [key, body[key]]));
  if (kind === FORMULA) return { ...told, formula: "" };
  if (kind === SQL) return { ...told, sql: "SELECT profile_id, count(*) AS value\nFROM identifiers GROUP BY profile_id", as: "number" };
  const { property, k, units } = needsOf(kind);
  const from = APART.includes(kindOf(body)) ? { ...told, event: "" } : body;
  const kept = without(
    from, "kind", ...(property ? [] : ["property", "context", "as"]), ...(kind === "sum" ? [] : ["multiply"]), ...(k ? [] : ["k"]),
    ...(units.includes(textOf(body["unit"])) ? [] : ["unit"]), ...(units.length === 3 ? [] : ["zone"]), ...(FADING.includes(kind) ? [] : FADES),
  );
  return { ...("name" in kept ? { name: kept["name"] } : {}), kind, ...without(kept, "name") };
}

/** A definition as it is read: fields that nobody filled in are not there. */
export const tidied = (body: Body): Body => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== "" && value !== undefined));
