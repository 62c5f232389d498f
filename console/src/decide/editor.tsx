import { TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { DefinitionActs } from "@/ui/definition-acts";
import { Yaml } from "@/ui/yaml-text";
import { useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { useDecideWords } from "@/words/decide";

type Body = Readonly<Record<string, unknown>>;

interface EditorProps {
  first: Body;
  /** Empty for a slot that is not yet there. */
  version: string;
  done: () => void;
}

/** A slot as YAML: tried, saved, deleted. */
export function Editor({ first, version, done }: EditorProps) {
  const all = useWords();
  const words = useBuilderWords();
  const slots = useDecideWords();
  const queries = useQueryClient();
  const [body, setBody] = useState<Body>(first);
  const [name, setName] = useState(typeof first["name"] === "string" ? first["name"] : "");
  const [seen, setSeen] = useState(version);
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/api/slots"] });
  const save = api.useMutation("put", "/api/slots/{name}", { onSuccess: (saved) => { setSeen(saved.version); void again(); } });
  const check = api.useMutation("put", "/api/slots/{name}");
  const remove = api.useMutation("delete", "/api/slots/{name}", { onSuccess: again });
  const request = (only: boolean) => ({ params: { path: { name }, query: { version: seen, check: only } }, body });
  const take = (read: Body) => {
    check.reset();
    save.reset();
    setBody(read);
    if (!version && typeof read["name"] === "string") setName(read["name"]);
  };
  return (
    <div className="w-form">
      {version === "" && <TextInput label={all.columns.name} required maxLength={63} description={words.nameHint} disabled={seen !== ""} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
      <Yaml definition={body} take={take} label={words.yaml} />
      <DefinitionActs
        name={name}
        save={save}
        check={check}
        remove={remove}
        write={(act) => (act === "save" ? save : check).mutate(request(act === "check"))}
        deletes={seen === "" ? null : { question: slots.removeSure(name), run: () => remove.mutateAsync({ params: { path: { name } } }).then(done) }}
      />
    </div>
  );
}
