import { Button, Fieldset, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Detail } from "@/ui/drawer";
import { Ask, Failed } from "@/ui/states";
import { useParam } from "@/ui/url";
import { useWords } from "@/words";
import { DESTINATIONS } from "./destinations";
import { type Field, filled, listOf, resolved, shapeOf } from "./schema";

type Kind = Schema["DestinationKindView"];
type Values = Record<string, unknown>;

export function NewDestination() {
  const words = useWords();
  const navigate = useNavigate();
  const [chosen, choose] = useParam("kind");
  const query = api.useQuery("get", "/api/destination-kinds", {});
  return (
    <Detail title={words.destinations.add} close={() => void navigate({ to: "/destinations" })}>
      <Ask query={query}>
        {(kinds) => {
          const kind = kinds.find((each) => each.name === chosen) ?? kinds[0];
          if (!kind) return null;
          return (
            <>
              <Select
                label={words.destinations.kind} description={kind.description} value={kind.name} allowDeselect={false} onChange={(value) => choose(value ?? "")}
                data={kinds.map((each) => ({ value: each.name, label: each.title }))}
              />
              <Form key={kind.name} kind={kind} />
            </>
          );
        }}
      </Ask>
    </Detail>
  );
}

function Form({ kind }: { kind: Kind }) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [values, setValues] = useState<Values>({});
  const add = api.useMutation("post", "/api/destinations", { onSuccess: () => queries.invalidateQueries({ queryKey: DESTINATIONS }) });
  const form = kind.form as Field;
  const secrets = kind.secrets.map((each) => values[each]).filter((each): each is string => typeof each === "string" && each !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const definition = { type: kind.name, ...(filled(values) as Values | undefined) };
    add.mutate({ body: { definition } }, { onSuccess: () => void navigate({ to: "/destinations" }) });
  };
  return (
    <form className="w-form" onSubmit={submit}>
      <Fields form={form} of={form} values={values} set={setValues} />
      {secrets.length > 0 && (
        <p className="w-plain w-meta">{words.destinations.secrets} <span className="w-mono">{secrets.join(" ")}</span></p>
      )}
      {add.error !== null && <Failed error={add.error} />}
      <div><Button type="submit" loading={add.isPending}>{words.destinations.make}</Button></div>
    </form>
  );
}

interface FieldsProps {
  form: Field;
  of: Field;
  values: Values;
  set: (values: Values) => void;
}

/** Every field of an object that the form describes, the required ones first. */
function Fields({ form, of, values, set }: FieldsProps) {
  const required = new Set(of.required ?? []);
  const fields = Object.entries(of.properties ?? {}).filter(([, field]) => field.const === undefined);
  fields.sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)));
  return fields.map(([name, field]) => (
    <One key={name} name={name} form={form} field={resolved(field, form)} required={required.has(name)} value={values[name]} set={(value) => set({ ...values, [name]: value })} />
  ));
}

interface OneProps {
  name: string;
  form: Field;
  field: Field;
  required: boolean;
  value: unknown;
  set: (value: unknown) => void;
}

function One({ name, form, field, required, value, set }: OneProps) {
  const shown = { label: name, description: field.description, required };
  const fallback = field.default === undefined || field.default === null ? {} : { placeholder: String(field.default) };
  switch (shapeOf(field)) {
    case "group":
      return (
        <Fieldset legend={name} variant="unstyled" className="w-group">
          <Fields form={form} of={field} values={(value as Values | undefined) ?? {}} set={set} />
        </Fieldset>
      );
    case "switch":
      return <Switch label={name} description={field.description} checked={value === undefined ? field.default === true : value === true} onChange={(event) => set(event.currentTarget.checked)} />;
    case "number":
      return <NumberInput {...shown} {...fallback} value={typeof value === "number" ? value : ""} onChange={(next) => set(typeof next === "number" ? next : undefined)} min={field.minimum} max={field.maximum} />;
    case "choice":
      return <Select {...shown} value={typeof value === "string" ? value : null} onChange={set} data={(field.enum ?? []).map(String)} />;
    case "list":
      return <List shown={shown} field={field} set={set} />;
    case "text":
      return <TextInput {...shown} {...fallback} value={typeof value === "string" ? value : ""} pattern={field.pattern?.replace(/^\^|\$$/g, "")} onChange={(event) => set(event.currentTarget.value)} />;
  }
}

interface ListProps {
  shown: { label: string; description: string | undefined; required: boolean };
  field: Field;
  set: (value: unknown) => void;
}

function List({ shown, field, set }: ListProps) {
  const words = useWords();
  const [text, setText] = useState("");
  return (
    <TextInput
      {...shown} value={text} placeholder={words.destinations.listHint}
      onChange={(event) => {
        setText(event.currentTarget.value);
        set(listOf(event.currentTarget.value, field));
      }}
    />
  );
}
