import { Autocomplete, Button, FileInput, Select, TextInput } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api, type Schema } from "@/api/client";
import { offered } from "@/ui/offered";
import { Failed } from "@/ui/states";
import { State } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { beginningOf, type Beginning, guessed, typeOf } from "./file";
import type { Uploaded } from "./lists";

const WAIT_MS = 300;
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** A file is looked at before the list has a name. */
const UNNAMED = "new-list";
const NAMESPACES = ["email", "user_id", "phone", "anonymous_id"];

interface Asked {
  namespace: string;
  column: string;
}

/** A request that carries a file as it is, held to the types of the client. */
const request = (name: string, file: File, asked: Asked, more: { check?: boolean; faulty?: "leave_out" }) => ({
  params: { path: { name }, query: { ...asked, ...more } },
  body: file as never, bodySerializer: (body: unknown) => body as never, headers: { "Content-Type": typeOf(file) },
});

/** A file is chosen, looked at line by line, and only then uploaded. `of`: the list that it replaces. */
export function Upload({ of }: { of?: Uploaded }) {
  const words = useBuilderWords();
  const all = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(of?.name ?? "");
  const [namespace, setNamespace] = useState(of?.namespaces.length === 1 ? (of.namespaces[0] ?? "") : "email");
  const [column, setColumn] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [begins, setBegins] = useState<Beginning>({ columns: [] });
  const look = api.useMutation("put", "/api/lists/{name}");
  const save = api.useMutation("put", "/api/lists/{name}");
  const several = begins.columns.length > 1;
  const asked = { namespace, column: column || guessed(begins.columns, namespace) };
  // Which column is meant has to be said first, unless the file names the namespace of each value itself.
  const unsaid = several && !asked.column && !begins.columns.includes("value");
  const change = (act: () => void) => {
    act();
    look.reset();
    save.reset();
  };
  const choose = (next: File | null) => change(() => {
    setFile(next);
    setColumn("");
    setBegins({ columns: [] });
    if (next) void beginningOf(next).then(setBegins);
  });
  const { mutate } = look;
  const text = JSON.stringify(asked);
  const named = NAME.test(name) ? name : UNNAMED;
  useEffect(() => {
    if (!file || unsaid) return;
    const timer = setTimeout(() => mutate(request(named, file, JSON.parse(text) as Asked, { check: true })), WAIT_MS);
    return () => clearTimeout(timer);
  }, [file, text, named, unsaid, mutate]);
  const send = (faulty?: "leave_out") => {
    if (!file) return;
    save.mutate(request(name, file, asked, faulty ? { faulty } : {}), {
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: ["get", "/api/lists"] });
        await queries.invalidateQueries({ queryKey: ["post", "/api/audiences/preview"] });
        if (!of) await navigate({ to: "/lists/$name", params: { name } } as never);
      },
    });
  };
  const found = look.data;
  const ready = NAME.test(name) && found !== undefined && found.uploaded.size > 0;
  return (
    <form className="w-form" onSubmit={(event: FormEvent) => { event.preventDefault(); if (ready && found.faulty === 0) send(); }}>
      {!of && <TextInput label={all.columns.name} required maxLength={63} pattern="[a-z0-9][a-z0-9_\-]*" description={words.nameHint} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
      <FileInput label={words.lists.file} description={words.lists.fileHint} placeholder={words.lists.choose} clearable clearButtonProps={{ "aria-label": all.acts.clear }} accept=".csv,.tsv,.txt,.json,text/csv,text/plain,application/json" leftSection={<IconFileUpload size={16} aria-hidden="true" />} value={file} onChange={choose} />
      <div className="w-fields">
        <Autocomplete renderOption={offered} label={words.lists.namespace} description={words.lists.namespaceHint} data={NAMESPACES} value={namespace} onChange={(next) => change(() => setNamespace(next))} />
        {several && (
          <Select
            label={words.lists.column} description={words.lists.columnHint} clearable data={[...new Set(begins.columns)]} value={asked.column || null} error={unsaid && words.lists.columnFirst}
            onChange={(next) => change(() => setColumn(next ?? ""))}
          />
        )}
      </div>
      {look.isPending && <span role="status" className="w-meta">{words.lists.reading}</span>}
      {(save.error ?? look.error) !== null && <Failed error={save.error ?? look.error} />}
      {found && !save.data && <Looked found={found} />}
      {save.data && of && <span role="status"><State tone="good">{all.plans.saved}</State></span>}
      {found && !save.data && (
        <div className="w-row">
          {found.faulty === 0 ? <Button type="submit" size="sm" loading={save.isPending} disabled={!ready}>{words.lists.upload}</Button>
            : <Button size="sm" variant="default" loading={save.isPending} disabled={!ready} onClick={() => send("leave_out")}>{words.lists.leaveOut(found.faulty)}</Button>}
        </div>
      )}
    </form>
  );
}

/** What would come of the file, and each line that names nobody. */
function Looked({ found }: { found: Schema["UploadView"] }) {
  const words = useBuilderWords();
  const format = useFormat();
  const more = found.faulty - found.faults.length;
  return (
    <div role="status" className="w-form">
      <p className="w-plain">{words.lists.would(format.exact(found.uploaded.size), format.exact(found.added), format.exact(found.removed))}{found.repeated > 0 && <span className="w-meta"> {words.lists.repeated(format.exact(found.repeated))}</span>}</p>
      {found.faulty > 0 && (
        <>
          <State tone="bad">{words.lists.faulty(format.exact(found.faulty))}</State>
          <ul className="w-list w-faulty">
            {found.faults.map((each) => <li key={each.line}><span className="w-num">{each.line}</span><bdi className="w-mono w-cut">{each.value}</bdi><span className="w-meta">{words.lists.reasons[each.reason]}</span></li>)}
          </ul>
          {more > 0 && <span className="w-meta">{words.lists.more(format.exact(more))}</span>}
        </>
      )}
    </div>
  );
}
