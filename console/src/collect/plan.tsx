import { Button, Select, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Editing } from "@/ui/editing";
import { Page, Section } from "@/ui/page";
import { Saved } from "@/ui/saved";
import { Ask, Failed } from "@/ui/states";
import { type Search, useParam } from "@/ui/url";
import { useWords } from "@/words";
import type { Known } from "./catalogue";
import { DryRun } from "./dry-run";
import { useHistory } from "@/ui/history";
import { type Draft, draftOf, inputOf, takenOver } from "./plan-draft";
import { PlanEvents } from "./plan-events";
import { PlanText } from "./plan-text";

const PLANS = ["get", "/api/plans"];

export function Plan() {
  const words = useWords();
  const { name } = useParams({ from: "/plans/$name" });
  const { event = "" } = useSearch({ strict: false }) as Search;
  // A plan that was made just now is in the list when the engine has started again with it.
  const [made, setMade] = useState("");
  const plans = api.useQuery("get", "/api/plans", {}, { refetchOnWindowFocus: false });
  const catalogue = api.useQuery("get", "/api/catalogue", {}, { refetchOnWindowFocus: false });
  return (
    <Page title={name === "new" ? words.plans.write : words.plans.edit(name)} about={words.plans.about}>
      <Ask query={plans}>
        {(found) => {
          const plan = found.find((each) => each.name === name);
          if (!plan && name !== "new" && name !== made) return <p>{words.lost.what}</p>;
          return <Ask query={catalogue}>{(known) => <Editor plan={plan} event={event} known={known} made={setMade} />}</Ask>;
        }}
      </Ask>
    </Page>
  );
}

interface EditorProps {
  plan: Schema["PlanView"] | undefined;
  event: string;
  known: readonly Known[];
  made: (name: string) => void;
}

function Editor({ plan, event, known, made }: EditorProps) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const may = useMay("write");
  const draft = useHistory<Draft>(() => (event ? takenOver(draftOf(plan), event, known) : draftOf(plan)));
  const [version, setVersion] = useState(plan?.version);
  const [look, setLook] = useParam("as", "form");
  const again = () => queries.invalidateQueries({ queryKey: PLANS });
  const save = api.useMutation("put", "/api/plans/{name}", { onSuccess: again });
  const remove = api.useMutation("delete", "/api/plans/{name}", { onSuccess: again });
  const { now } = draft;
  const set = (part: Partial<Draft>) => draft.set({ ...now, ...part });
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    const query = version === undefined ? {} : { version };
    save.mutate({ params: { path: { name: now.name }, query }, body: inputOf(now) }, {
      onSuccess: (saved) => {
        setVersion(saved.version);
        made(saved.name);
        void navigate({ to: "/plans/$name", params: { name: saved.name }, replace: true });
      },
    });
  };
  return (
    <form className="w-plan" onSubmit={submit}>
      <Head draft={now} set={set} fixed={version !== undefined} />
      <Section
        title={words.columns.events}
        acts={<Editing undo={draft.undo} redo={draft.redo} look={look} setLook={setLook} />}
      >
        {look === "text" ? <PlanText events={now.events} set={(events) => set({ events })} /> : <PlanEvents draft={now} set={draft.set} known={known} />}
      </Section>
      <DryRun draft={now} known={known} />
      {save.error !== null && <Failed error={save.error} />}
      {may && (
        <div className="w-row w-foot">
          <Button type="submit" loading={save.isPending} disabled={!now.name}>{words.acts.save}</Button>
          {save.data && <Saved of={save.data} />}
          {version !== undefined && (
            <span className="end">
              <Confirm
                danger act={words.acts.delete} question={words.plans.removeSure(now.name)} mutation={remove}
                run={() => remove.mutateAsync({ params: { path: { name: now.name } } }).then(() => navigate({ to: "/plans" }))}
              />
            </span>
          )}
        </div>
      )}
    </form>
  );
}

function Head({ draft, set, fixed }: { draft: Draft; set: (part: Partial<Draft>) => void; fixed: boolean }) {
  const words = useWords();
  const sources = api.useQuery("get", "/api/sources", {});
  return (
    <div className="w-fields">
      <TextInput label={words.columns.name} required disabled={fixed} maxLength={63} pattern="[a-z0-9][a-z0-9_\-]*" value={draft.name} onChange={(typed) => set({ name: typed.currentTarget.value })} />
      <TextInput label={words.plans.description} value={draft.description} onChange={(typed) => set({ description: typed.currentTarget.value })} />
      <Select
        label={words.plans.mode} allowDeselect={false} value={draft.mode} onChange={(mode) => mode && set({ mode: mode as Draft["mode"] })}
        data={Object.entries(words.plans.modes).map(([value, label]) => ({ value, label }))}
      />
      <Select
        label={words.plans.unplanned} allowDeselect={false} value={draft.unplanned} onChange={(unplanned) => unplanned && set({ unplanned: unplanned as Draft["unplanned"] })}
        data={[{ value: "allow", label: words.plans.allow }, { value: "quarantine", label: words.plans.refuse }]}
      />
      <TagsInput
        label={words.plans.sources} placeholder={draft.sources.length === 0 ? words.plans.everySource : ""} clearable
        data={(sources.data ?? []).map((each) => each.name)} value={[...draft.sources]} onChange={(names) => set({ sources: names })}
      />
    </div>
  );
}
