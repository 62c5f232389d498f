import { Fieldset, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useWords } from "@/words";
import { type Field, patternOf, resolved, shapeOf } from "./schema";

export type Values = Record<string, unknown>;

interface FieldsProps {
  form: Field;
  of: Field;
  values: Values;
  set: (values: Values) => void;
  /** Names that cannot be changed any more. */
  fixed?: readonly string[];
  /** Fields that take the name of an environment variable. */
  secrets?: readonly string[];
  /** Where the fields stand: `when.` for those inside of `when`. */
  at?: string;
}

/** Every field of an object that the form describes: what it cannot do without, what it is about, and the rest folded. */
export function Fields({ form, of, values, set, fixed = [], secrets = [], at = "" }: FieldsProps) {
  const words = useWords();
  const required = new Set(of.required ?? []);
  const fields = Object.entries(of.properties ?? {}).filter(([, field]) => field.const === undefined);
  const rank = (name: string, field: Field) => (required.has(name) ? 0 : shapeOf(field) === "group" || at ? 1 : 2);
  const one = ([name, field]: readonly [string, Field]) => (
    <One
      key={name} name={name} path={at + name} form={form} field={field} required={required.has(name)} fixed={fixed.includes(name)} secret={secrets.includes(name)}
      value={values[name]} set={(value) => set({ ...values, [name]: value })}
    />
  );
  const known = fields.map(([name, field]) => [name, resolved(field, form)] as const);
  const rare = known.filter(([name, field]) => rank(name, field) === 2);
  return (
    <>
      {[0, 1].flatMap((wanted) => known.filter(([name, field]) => rank(name, field) === wanted)).map(one)}
      {rare.length > 0 && (
        <details className="w-planned">
          <summary>{words.destinations.more}</summary>
          <div className="w-form">{rare.map(one)}</div>
        </details>
      )}
    </>
  );
}

interface OneProps {
  name: string;
  path: string;
  form: Field;
  field: Field;
  required: boolean;
  fixed: boolean;
  secret: boolean;
  value: unknown;
  set: (value: unknown) => void;
}

function One({ name, path, form, field, required, fixed, secret, value, set }: OneProps) {
  const words = useWords();
  const said = words.destinations.fields[path];
  const shown = { label: said?.label ?? name, description: said ? said.hint : field.description, required, disabled: fixed };
  const fallback = field.default === undefined || field.default === null ? {} : { placeholder: String(field.default) };
  switch (shapeOf(field)) {
    case "group":
      return (
        <Fieldset legend={shown.label} variant="unstyled" className="w-group">
          <Fields form={form} of={field} values={(value as Values | undefined) ?? {}} set={set} at={`${path}.`} />
        </Fieldset>
      );
    case "switch":
      return <Switch label={shown.label} description={shown.description} checked={value === undefined ? field.default === true : value === true} onChange={(event) => set(event.currentTarget.checked)} />;
    case "number":
      return <NumberInput {...shown} {...fallback} value={typeof value === "number" ? value : ""} onChange={(next) => set(typeof next === "number" ? next : undefined)} min={field.minimum} max={field.maximum} />;
    case "choice":
      return <Select {...shown} value={typeof value === "string" ? value : null} onChange={set} data={(field.enum ?? []).map(String)} />;
    case "list":
      return <List shown={shown} path={path} value={value} set={set} />;
    case "text":
      return (
        <TextInput
          {...shown} {...fallback} value={typeof value === "string" ? value : ""} pattern={patternOf(field)} onChange={(event) => set(event.currentTarget.value)}
          {...(secret ? { placeholder: "WEFT_SECRET", classNames: { input: "w-mono" }, autoComplete: "off", spellCheck: false } : {})}
        />
      );
  }
}

const EVERY = "*";

interface ListProps {
  shown: { label: string; description: string | undefined; required: boolean };
  path: string;
  value: unknown;
  set: (value: unknown) => void;
}

/** Names, offered as far as they are known; one of them is "all". */
function List({ shown, path, value, set }: ListProps) {
  const words = useWords();
  const known = useKnown(path);
  const [names, setNames] = useState<string[]>(() => (value === EVERY ? [words.acts.all] : Array.isArray(value) ? value.map(String) : []));
  useEffect(() => set(names.includes(words.acts.all) ? EVERY : names), [names]);
  return <TagsInput {...shown} clearable value={names} data={[words.acts.all, ...known]} onChange={(next) => setNames(next.at(-1) === words.acts.all ? [words.acts.all] : next.filter((each) => each !== words.acts.all))} />;
}

/** What a list may well name. */
function useKnown(path: string): readonly string[] {
  const audiences = api.useQuery("get", "/api/audiences", {}, { enabled: path.startsWith("when."), staleTime: 60_000 });
  const traits = api.useQuery("get", "/api/traits", {}, { enabled: path === "include.traits", staleTime: 60_000 });
  if (path === "include.identifiers") return NAMESPACES;
  return [...(audiences.data ?? []), ...(traits.data ?? [])].map((each) => each.name);
}

/** Those that every workspace has. */
const NAMESPACES = ["user_id", "anonymous_id", "email", "phone"];
