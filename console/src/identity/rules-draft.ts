import type { Schema } from "@/api/client";

export type Body = Readonly<Record<string, unknown>>;
export type Namespace = Schema["NamespaceView"];
export type Key = keyof Namespace;

const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);
const inside = (value: unknown): Body => (isBody(value) ? value : {});
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Rules as they are written, and what holds where they say nothing. */
export class Draft {
  constructor(readonly body: Body, readonly defaults: Schema["HoldingView"]) {}

  /** The namespaces that have rules of their own, those of the defaults first. */
  get names(): readonly string[] {
    return [...new Set([...Object.keys(this.defaults.namespaces), ...Object.keys(inside(this.body["namespaces"]))])];
  }

  isBuiltIn(name: string): boolean {
    return name in this.defaults.namespaces;
  }

  threshold(key: "merge" | "review"): number {
    const written = this.body[key];
    return typeof written === "number" ? written : this.defaults[key];
  }

  /** What holds for a namespace; "" as the name stands for all that are not named. */
  of(name: string): Namespace {
    const others = { ...this.defaults.others, ...inside(this.body["others"]) };
    if (name === "") return others;
    return { ...(this.defaults.namespaces[name] ?? others), ...inside(inside(this.body["namespaces"])[name]) };
  }

  withThreshold(key: "merge" | "review", value: unknown): Draft {
    return this.with(key, value, this.defaults[key]);
  }

  /** Writes a value down, unless it is what holds anyway. */
  withValue<K extends Key>(name: string, key: K, value: unknown): Draft {
    const usual = name === "" ? this.defaults.others[key] : (this.defaults.namespaces[name] ?? this.of(""))[key];
    const written = name === "" ? inside(this.body["others"]) : inside(inside(this.body["namespaces"])[name]);
    const { [key]: _before, ...rest } = written;
    const next = value === undefined || same(value, usual) ? rest : { ...rest, [key]: value };
    if (name === "") return this.with("others", next, {});
    return this.withNamespaces({ ...inside(this.body["namespaces"]), [name]: next });
  }

  withNamespace(name: string): Draft {
    return this.withNamespaces({ ...inside(this.body["namespaces"]), [name]: {} }, name);
  }

  withoutNamespace(name: string): Draft {
    const { [name]: _gone, ...rest } = inside(this.body["namespaces"]);
    return this.withNamespaces(rest);
  }

  private withNamespaces(namespaces: Body, kept = ""): Draft {
    const said = Object.entries(namespaces).filter(([name, of]) => name === kept || !this.isBuiltIn(name) || !same(of, {}));
    return this.with("namespaces", Object.fromEntries(said), {});
  }

  private with(key: string, value: unknown, usual: unknown): Draft {
    const { [key]: _before, ...rest } = this.body;
    return new Draft(value === undefined || same(value, usual) ? rest : { ...rest, [key]: value }, this.defaults);
  }
}
