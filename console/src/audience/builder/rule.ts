/** The rule of an audience as the builder holds it: groups and rows, each with an id of its own. */

export type Body = Readonly<Record<string, unknown>>;

export const GROUPS = ["all", "any", "none"] as const;
export type GroupKind = (typeof GROUPS)[number];

/** `none` is written as `not`, around `any` where it holds several. */
export interface Group {
  readonly id: string;
  readonly group: GroupKind;
  readonly rules: readonly Node[];
}

/** A row: one rule that is no group, as it is written. */
export interface Leaf {
  readonly id: string;
  readonly body: Body;
}

export type Node = Group | Leaf;

export const KINDS = ["did", "trait", "sequence", "first_time", "last_time", "audience", "consent", "list", "split", "local_time"] as const;
export type Kind = (typeof KINDS)[number];

export const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);
export const isGroup = (node: Node): node is Group => "group" in node;
export const textOf = (value: unknown): string => (typeof value === "string" ? value : typeof value === "number" ? String(value) : "");
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

let last = 0;
/** An id that no other node of this page has. */
export const fresh = (): string => `n${++last}`;

/** Which rule a row holds; undefined for one that the builder does not know. */
export const kindOf = (body: Body): Kind | undefined => KINDS.find((kind) => kind in body);

/** Says what a key may be without: `exactOptionalPropertyTypes` in one place. */
export function without(body: Body, ...keys: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([key, value]) => !keys.includes(key) && value !== undefined));
}

const SEQUENCE = { sequence: { first: "", then: "" } };
const BLANK: Record<Kind, Body> = {
  did: { did: "", within: "30d" },
  trait: { trait: "", is: "" },
  sequence: SEQUENCE,
  first_time: { first_time: "", more_than: "now-30d" },
  last_time: { last_time: "", less_than: "now-30d" },
  audience: { audience: "" },
  consent: { consent: "marketing", is: "granted" },
  list: { list: "" },
  split: { split: "split_a", from: 0, to: 50 },
  local_time: { local_time: { from: 9, to: 18 } },
};

export const blank = (kind: Kind): Leaf => ({ id: fresh(), body: BLANK[kind] });
export const blankGroup = (group: GroupKind = "any", rules: readonly Node[] = []): Group => ({ id: fresh(), group, rules });

/** Reads what stands behind `who`; never fails: what is not known stays as it is written. */
export function nodeOf(written: unknown): Node {
  const body = isBody(written) ? written : {};
  for (const group of ["all", "any"] as const) {
    const rules = body[group];
    if (Array.isArray(rules)) return { id: fresh(), group, rules: rules.map(nodeOf) };
  }
  if ("not" in body) {
    const inner = body["not"];
    const several = isBody(inner) && Array.isArray(inner["any"]) && inner["any"].length > 1 ? (inner["any"] as readonly unknown[]) : [inner];
    return { id: fresh(), group: "none", rules: several.map(nodeOf) };
  }
  return { id: fresh(), body };
}

/** The same, inside of a group: the builder always shows one. */
export function rootOf(written: unknown): Group {
  if (written === undefined) return blankGroup("all");
  const node = nodeOf(written);
  return isGroup(node) && node.group !== "none" ? node : blankGroup("all", [node]);
}

export interface Written {
  /** What stands behind `who`; null while no row is complete. */
  who: Body | null;
  /** Node → where it is written, such as `who.all[1].not`. */
  paths: ReadonlyMap<string, string>;
}

/** Writes the rows that are complete, and says where each stands. */
export function written(root: Group): Written {
  const paths = new Map<string, string>();
  const rules = root.rules.filter(isWhole);
  const only = rules[0];
  if (only === undefined) return { who: null, paths };
  if (root.group !== "none" && rules.length === 1 && root.rules.length === 1) {
    paths.set(root.id, "who"); // a group of one is its rule
    return { who: write(only, "who", paths), paths };
  }
  return { who: write(root, "who", paths), paths };
}

function write(node: Node, path: string, paths: Map<string, string>): Body {
  paths.set(node.id, path);
  if (!isGroup(node)) return node.body;
  const rules = node.rules.filter(isWhole);
  const [only] = rules;
  if (node.group === "none" && rules.length === 1 && only) return { not: write(only, `${path}.not`, paths) };
  const [key, at] = node.group === "none" ? ["any", `${path}.not`] : [node.group, path];
  const inner = { [key]: rules.map((each, index) => write(each, `${at}.${key}[${index}]`, paths)) };
  return node.group === "none" ? { not: inner } : inner;
}

/** Whether anything of it can be counted: a row is complete, a group has such a row. */
export const isWhole = (node: Node): boolean => (isGroup(node) ? node.rules.some(isWhole) : isComplete(node.body));

/** How many rows say too little to be counted. */
export const incomplete = (node: Node): number =>
  isGroup(node) ? Math.max(node.rules.reduce((sum, each) => sum + incomplete(each), 0), node.rules.length === 0 ? 1 : 0) : isComplete(node.body) ? 0 : 1;

export const OPERATORS = [
  "is", "is_not", "one_of", "none_of", "more_than", "at_least", "less_than", "at_most", "between", "contains", "starts_with", "ends_with", "exists",
  "top_percent", "bottom_percent",
] as const;
export type Operator = (typeof OPERATORS)[number];

export const operatorOf = (body: Body): Operator | undefined => OPERATORS.find((each) => each in body);

const filled = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(filled) : isBody(value) ? Object.values(value).some(filled) : value !== "" && value !== undefined && value !== null;

const compares = (body: Body): boolean => {
  const operator = operatorOf(body);
  return operator !== undefined && filled(body[operator]);
};

const wheres = (body: Body): boolean => listOf(body["where"]).every((each) => isBody(each) && filled(each["property"] ?? each["context"] ?? each["at"]) && compares(each));

/** Facts name an event, a record or a type, and each condition says something. */
function names(facts: unknown): boolean {
  if (!isBody(facts)) return filled(facts);
  return filled(facts["event"] ?? facts["record"] ?? facts["type"]) && wheres(facts);
}

function isComplete(body: Body): boolean {
  switch (kindOf(body)) {
    case "did":
      return names(body["did"]) && wheres(body);
    case "trait":
      return filled(body["trait"]) && compares(body);
    case "sequence": {
      const steps = isBody(body["sequence"]) ? body["sequence"] : {};
      return names(steps["first"]) && names(steps["then"] ?? steps["not_then"]);
    }
    case "first_time":
      return names(body["first_time"]) && compares(body);
    case "last_time":
      return names(body["last_time"]) && compares(body);
    case "audience":
      return filled(body["audience"]);
    case "consent":
      return filled(body["consent"]);
    case "list":
      return filled(body["list"]);
    case "split":
      return filled(body["split"]) && filled(body["from"]) && filled(body["to"]);
    default:
      return Object.keys(body).length > 0;
  }
}
