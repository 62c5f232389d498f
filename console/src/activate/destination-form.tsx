import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Detail } from "@/ui/drawer";
import { Ask, Failed } from "@/ui/states";
import { useParam } from "@/ui/url";
import { useWords } from "@/words";
import { type Destination, DESTINATIONS } from "./destinations";
import { Fields, type Values } from "./fields";
import { type Field, filled } from "./schema";

type Kind = Schema["DestinationKindView"];

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
                label={words.destinations.kind} description={words.destinations.kinds[kind.name] ?? kind.description} value={kind.name} allowDeselect={false} onChange={(value) => choose(value ?? "")}
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

export function EditDestination() {
  const words = useWords();
  const navigate = useNavigate();
  const { name } = useParams({ from: "/destinations/$name/edit" });
  const kinds = api.useQuery("get", "/api/destination-kinds", {});
  const destinations = api.useQuery("get", "/api/destinations", {});
  return (
    <Detail title={words.destinations.editing(name)} close={() => void navigate({ to: "/destinations/$name", params: { name } })}>
      <Ask query={kinds}>
        {(known) => (
          <Ask query={destinations}>
            {(found) => {
              const of = found.find((each) => each.name === name);
              const kind = known.find((each) => each.name === of?.definition["type"]);
              return of && kind ? <Form key={name} kind={kind} of={of} /> : <p>{words.lost.what}</p>;
            }}
          </Ask>
        )}
      </Ask>
    </Detail>
  );
}

function Form({ kind, of }: { kind: Kind; of?: Destination }) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [values, setValues] = useState<Values>(of?.definition ?? {});
  const [version] = useState(of?.version);
  const again = { onSuccess: () => queries.invalidateQueries({ queryKey: DESTINATIONS }) };
  const add = api.useMutation("post", "/api/destinations", again);
  const change = api.useMutation("put", "/api/destinations/{name}", again);
  const form = kind.form as Field;
  const failed = add.error ?? change.error;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const definition: Values = { type: kind.name, ...(filled(values) as Values | undefined) };
    const name = String(definition["name"] ?? "");
    const saved = of
      ? change.mutateAsync({ params: { path: { name: of.name }, query: version === undefined ? {} : { version } }, body: { definition } })
      : add.mutateAsync({ body: { definition } });
    await saved.then(() => navigate({ to: "/destinations/$name", params: { name } }), () => undefined); // the failure stands in the form
  };
  return (
    <form className="w-form" onSubmit={(event) => void submit(event)}>
      <Fields form={form} of={form} values={values} set={setValues} fixed={of ? ["name"] : []} secrets={kind.secrets} />
      {failed !== null && <Failed error={failed} />}
      <div><Button type="submit" loading={add.isPending || change.isPending}>{of ? words.acts.save : words.destinations.make}</Button></div>
    </form>
  );
}
