/** The part of JSON Schema that the forms of destinations are made of. */
export interface Field {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  anyOf?: readonly Field[];
  items?: Field;
  properties?: Record<string, Field>;
  required?: readonly string[];
  $ref?: string;
  $defs?: Record<string, Field>;
}

export type Shape = "text" | "number" | "switch" | "choice" | "list" | "group";

/** Follows a reference into the form's own definitions; what stands beside it counts too. */
export function resolved(field: Field, form: Field): Field {
  const name = field.$ref?.split("/").at(-1);
  return name ? { ...form.$defs?.[name], ...field } : field;
}

export function shapeOf(field: Field): Shape {
  if (field.enum) return "choice";
  const types = [field, ...(field.anyOf ?? [])].map((each) => each.type);
  if (field.properties) return "group";
  if (types.includes("array")) return "list";
  if (types.includes("boolean")) return "switch";
  if (types.includes("number") || types.includes("integer")) return "number";
  return "text";
}


/** Leaves out what was not filled in, so that the file says only what somebody said. */
export function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  if (typeof value === "object" && value !== null) {
    const kept = Object.entries(value).flatMap(([name, each]) => {
      const found = filled(each);
      return found === undefined ? [] : [[name, found] as const];
    });
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  }
  return value === "" || value === undefined || value === null ? undefined : value;
}

/** The pattern as an input's attribute takes it: it holds for the whole, and a hyphen in a class is escaped. */
export function patternOf(field: Field): string | undefined {
  return field.pattern?.replace(/^\^|\$$/g, "").replace(/-\]/g, "\\-]");
}
