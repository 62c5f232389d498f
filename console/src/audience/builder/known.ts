import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { type Body, isBody, listOf, type Operator, operatorOf, textOf } from "./rule";

type Seen = Schema["KnownView"];

export const TYPES = ["text", "number", "boolean", "time", "list"] as const;
export type ValueType = (typeof TYPES)[number];

export const SOURCES = ["event", "record", "type"] as const;
export type SourceKind = (typeof SOURCES)[number];

export interface Source {
  kind: SourceKind;
  name: string;
}

/** A property or a trait as it was seen: its type, and what it came with. */
export interface Field {
  name: string;
  type: ValueType;
  examples: readonly string[];
  computed: boolean;
}

export interface Vocabulary {
  names: (kind: SourceKind) => readonly string[];
  properties: (source: Source) => readonly Field[];
  traits: readonly Field[];
  audiences: readonly string[];
  lists: readonly string[];
}

const JSON_TYPES: Record<string, ValueType> = { number: "number", integer: "number", boolean: "boolean", array: "list" };
const ISO = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;

/** The source that facts name: a text is the name of an event. */
export function sourceOf(facts: unknown): Source {
  if (!isBody(facts)) return { kind: "event", name: textOf(facts) };
  const kind = SOURCES.find((each) => each in facts) ?? "event";
  return { kind, name: textOf(facts[kind]) };
}

/** Facts as they are written: an event without conditions is just its name. */
export function factsOf({ kind, name }: Source, where: unknown): unknown {
  const conditions = listOf(where);
  if (kind === "event" && conditions.length === 0) return name;
  return { [kind]: name, ...(conditions.length === 0 ? {} : { where: conditions }) };
}

function fieldsOf(seen: readonly Seen[]): readonly Field[] {
  const found = new Map<string, Field>();
  for (const { property, json_type, example } of seen) {
    if (!property || (json_type === "null" && found.has(property))) continue;
    const path = property.replaceAll("[].", ".*."); // as rules write the elements of a list
    const before = found.get(path);
    const type = path !== property ? "list" : JSON_TYPES[json_type] ?? (ISO.test(example) ? "time" : "text");
    found.set(path, {
      name: path, computed: false, type: before?.type ?? type, examples: [...new Set([...(before?.examples ?? []), ...(example ? [example] : [])])],
    });
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

export function useVocabulary(): Vocabulary {
  const still = { refetchOnWindowFocus: false };
  const catalogue = api.useQuery("get", "/api/catalogue", {}, still).data;
  const traits = api.useQuery("get", "/api/traits", {}, still).data;
  const audiences = api.useQuery("get", "/api/audiences", {}, still).data;
  const lists = api.useQuery("get", "/api/lists", {}, still).data;
  return useMemo(() => {
    const seen = catalogue ?? [];
    const of = (kind: SourceKind) => seen.filter((each) => (kind === "event" ? each.type === "track" : kind === "record" ? each.type === "record" : each.type !== "track" && each.type !== "record"));
    const nameOf = (kind: SourceKind, each: Seen) => (kind === "type" ? each.type : each.name);
    const computed = (traits ?? []).flatMap(({ name, readable }) => Object.entries(Object.keys(readable).length ? readable : { [name]: "text" as const }))
      .map(([name, type]): Field => ({ name, computed: true, examples: [], type }));
    const told = fieldsOf(seen.filter((each) => each.type === "identify"));
    return {
      names: (kind) => [...new Set(of(kind).map((each) => nameOf(kind, each)))].filter(Boolean).sort(),
      properties: ({ kind, name }) => fieldsOf(of(kind).filter((each) => nameOf(kind, each) === name)),
      traits: [...computed, ...told.filter((each) => !computed.some((one) => one.name === each.name))],
      audiences: (audiences ?? []).map((each) => each.name),
      lists: (lists ?? []).map((each) => each.name),
    };
  }, [catalogue, traits, audiences, lists]);
}

const STILL_MS = 60_000;

/** The values that a source came with lately, the most frequent first, by property; of told traits those of `identify`. */
export function useValues(source: Source, vocabulary: Vocabulary): (path: string, examples: readonly string[]) => readonly string[] {
  const told = source.kind === "type" && source.name === TOLD;
  const known = told || vocabulary.names(source.kind).includes(source.name);
  const query = source.kind === "type" ? { type: source.name } : { type: source.kind === "event" ? "track" : "record", name: source.name };
  const { data } = api.useQuery("get", "/api/catalogue/values", { params: { query } }, { enabled: known, staleTime: STILL_MS, refetchOnWindowFocus: false });
  return (path, examples) => [...new Set([...(data?.properties[path.replaceAll(".*.", "[].")] ?? []).map((each) => each.value), ...examples])];
}

/** The type of the events that tell traits. */
export const TOLD = "identify";

const ORDERED: readonly Operator[] = ["more_than", "at_least", "less_than", "at_most", "between"];
const CHOICES: Record<ValueType, readonly Operator[]> = {
  text: ["is", "is_not", "one_of", "none_of", "contains", "starts_with", "ends_with", "exists"],
  number: [...ORDERED, "is", "is_not", "exists"],
  boolean: ["is", "exists"],
  time: [...ORDERED, "exists"],
  list: ["contains", "exists"],
};

/** The operators that a value of a type has; a share of the people only a number trait. */
export const operatorsOf = (type: ValueType, percent: boolean): readonly Operator[] =>
  percent && type === "number" ? [...CHOICES.number, "top_percent", "bottom_percent"] : CHOICES[type];

/** What Weft takes a value for that is compared so, where nothing else tells. */
export function inferred(operator: Operator, operand: unknown): ValueType {
  const one: unknown = Array.isArray(operand) ? operand[0] : operand;
  if (operator === "top_percent" || operator === "bottom_percent") return "number";
  if (operator === "exists" || ["contains", "starts_with", "ends_with"].includes(operator)) return "text";
  if (typeof one === "boolean") return "boolean";
  if (typeof one === "number") return "number";
  return ORDERED.includes(operator) ? "time" : "text";
}

/** The type by which a comparison goes: said, or inferred. */
export function typeOf(body: Body): ValueType {
  const said = TYPES.find((each) => each === body["as"]);
  const operator = operatorOf(body);
  return said ?? (operator ? inferred(operator, body[operator]) : "text");
}

const START: Record<ValueType, unknown> = { text: "", number: "", boolean: true, time: "now-30d", list: "" };

/** An operand to begin with. */
export function blankOperand(operator: Operator, type: ValueType): unknown {
  if (operator === "exists") return true;
  if (operator === "top_percent" || operator === "bottom_percent") return 10;
  if (operator === "one_of" || operator === "none_of") return [];
  if (operator === "between") return type === "time" ? ["now-60d", "now-30d"] : ["", ""];
  return START[type];
}
