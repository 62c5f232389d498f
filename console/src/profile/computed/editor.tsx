import { TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api } from "@/api/client";
import { type Body, textOf, without } from "@/audience/builder/rule";
import { DefinitionActs } from "@/ui/definition-acts";
import { Editing } from "@/ui/editing";
import { useHistory } from "@/ui/history";
import { Yaml } from "@/ui/yaml-text";
import { useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { TraitForm } from "./form";
import { isKnown, tidied } from "./kinds";
import { Said, useReading } from "./read";

interface EditorProps {
  first: Body;
  /** Empty for a trait that is not yet there. */
  version: string;
  done: () => void;
}

/** A computed trait as a form and as YAML: said and computed while it is written, tried, saved, deleted. */
export function Editor({ first, version, done }: EditorProps) {
  const all = useWords();
  const words = useBuilderWords();
  const queries = useQueryClient();
  const draft = useHistory<Body>(() => first);
  const body = draft.now;
  const [seen, setSeen] = useState(version);
  const [look, setLook] = useState("form");
  const name = textOf(body["name"]);
  const { reading, stale } = useReading(useMemo(() => tidied(body), [body]));
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/api/traits"] });
  const save = api.useMutation("put", "/api/traits/{name}", { onSuccess: (saved) => { setSeen(saved.version); void again(); } });
  const check = api.useMutation("put", "/api/traits/{name}");
  const remove = api.useMutation("delete", "/api/traits/{name}", { onSuccess: again });
  const request = (only: boolean) => ({ params: { path: { name }, query: { version: seen, check: only } }, body: tidied(body) });
  const change = (next: Body, about = "") => {
    check.reset();
    save.reset();
    draft.set(next, about);
  };
  const known = isKnown(body);
  return (
    <div className="w-form">
      <Said reading={reading} stale={stale} changed={version === "" || body !== first} />
      <div className="w-row"><Editing undo={draft.undo} redo={draft.redo} look={look} setLook={setLook} /></div>
      {version === "" && <TextInput label={all.columns.name} required maxLength={63} description={words.nameHint} disabled={seen !== ""} value={name} onChange={(event) => change({ name: event.currentTarget.value, ...without(body, "name") }, "name")} />}
      {look === "form" && known ? (
        <TraitForm body={body} change={change} faults={stale ? [] : (reading?.faults ?? [])} name={name} />
      ) : (
        <>
          {look === "form" && <p className="w-note w-plain">{words.trait.onlyText}</p>}
          <Yaml definition={tidied(version ? body : without(body, "name"))} take={(read) => change({ ...(name ? { name } : {}), ...read, ...(version ? { name } : {}) }, "yaml")} label={words.yaml} />
          {!stale && reading && reading.faults.length > 0 && <ul className="w-plain w-bad-text">{reading.faults.map((each) => <li key={each.message}>{each.message}</li>)}</ul>}
        </>
      )}
      <DefinitionActs
        name={name}
        save={save}
        check={check}
        remove={remove}
        write={(act) => (act === "save" ? save : check).mutate(request(act === "check"))}
        deletes={seen === "" ? null : { question: words.removeTraitSure(name), run: () => remove.mutateAsync({ params: { path: { name } } }).then(done) }}
      />
    </div>
  );
}
