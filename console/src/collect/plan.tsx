import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Page } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import type { Search } from "@/ui/url";
import { State } from "@/ui/values";
import { useWords } from "@/words";
import type { Known } from "./catalogue";
import { DryRun } from "./dry-run";
import { type Draft, draftOf, inputOf, learned } from "./plan-draft";

const PLANS = ["get", "/api/plans"];

export function Plan() {
  const words = useWords();
  const { name } = useParams({ from: "/plans/$name" });
  const { event = "" } = useSearch({ strict: false }) as Search;
  const plans = api.useQuery("get", "/api/plans", {}, { refetchOnWindowFocus: false });
  const catalogue = api.useQuery("get", "/api/catalogue", {}, { refetchOnWindowFocus: false });
  return (
    <Page title={name === "new" ? words.plans.write : words.plans.edit(name)} about={words.plans.about}>
      <Ask query={plans}>
        {(found) => <Ask query={catalogue}>{(known) => <Editor key={name} plan={found.find((each) => each.name === name)} event={event} known={known} />}</Ask>}
      </Ask>
    </Page>
  );
}

interface EditorProps {
  plan: Schema["PlanView"] | undefined;
  event: string;
  known: readonly Known[];
}

function Editor({ plan, event, known }: EditorProps) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const may = useMay("write");
  const [draft, setDraft] = useState<Draft>(() => (event ? learned(draftOf(plan), event, known) : draftOf(plan)));
  const again = () => queries.invalidateQueries({ queryKey: PLANS });
  const save = api.useMutation("put", "/api/plans/{name}", { onSuccess: again });
  const remove = api.useMutation("delete", "/api/plans/{name}", { onSuccess: again });
  const input = inputOf(draft);
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    if (!input) return;
    const query = plan ? { version: plan.version } : {};
    save.mutate({ params: { path: { name: draft.name }, query }, body: input }, { onSuccess: () => void navigate({ to: "/plans/$name", params: { name: draft.name }, replace: true }) });
  };
  return (
    <div className="w-cols">
      <form className="w-form" onSubmit={submit}>
        <TextInput label={words.columns.name} required disabled={plan !== undefined} maxLength={63} value={draft.name} onChange={(typed) => set({ name: typed.currentTarget.value })} />
        <TextInput label={words.columns.detail} value={draft.description} onChange={(typed) => set({ description: typed.currentTarget.value })} />
        <Select
          label={words.plans.mode} allowDeselect={false} value={draft.mode} onChange={(mode) => mode && set({ mode: mode as Draft["mode"] })}
          data={Object.entries(words.plans.modes).map(([value, label]) => ({ value, label }))}
        />
        <Select
          label={words.plans.unplanned} allowDeselect={false} value={draft.unplanned} onChange={(unplanned) => unplanned && set({ unplanned: unplanned as Draft["unplanned"] })}
          data={[{ value: "allow", label: words.plans.allow }, { value: "quarantine", label: words.plans.refuse }]}
        />
        <TextInput label={words.plans.sources} description={words.plans.sourcesHint} value={draft.sources} onChange={(typed) => set({ sources: typed.currentTarget.value })} />
        <Learn known={known} learn={(chosen) => setDraft(learned(draft, chosen, known))} />
        <Textarea
          label={words.plans.events} description={words.plans.eventsHint} rows={18} spellCheck={false} classNames={{ input: "w-mono" }}
          error={input === null && words.plans.notJson} value={draft.events} onChange={(typed) => set({ events: typed.currentTarget.value })}
        />
        {save.error !== null && <Failed error={save.error} />}
        {save.data && <Saved of={save.data} />}
        {may && (
          <div className="w-row">
            <Button type="submit" loading={save.isPending} disabled={!input}>{words.acts.save}</Button>
            {plan && (
              <span className="end">
                <Confirm
                  danger act={words.acts.delete} question={words.plans.removeSure(plan.name)} mutation={remove}
                  run={() => remove.mutateAsync({ params: { path: { name: plan.name } } }).then(() => navigate({ to: "/plans" }))}
                />
              </span>
            )}
          </div>
        )}
      </form>
      <DryRun plan={input} event={event} />
    </div>
  );
}

function Saved({ of }: { of: Schema["SavedView"] }) {
  const words = useWords();
  return (
    <div role="status">
      <State tone="good">{words.plans.saved}</State> <span className="w-mono">{of.path}</span>
      {of.comments_lost.length > 0 && <p className="w-note">{words.plans.commentsLost(of.comments_lost.join(" · "))}</p>}
    </div>
  );
}

function Learn({ known, learn }: { known: readonly Known[]; learn: (event: string) => void }) {
  const words = useWords();
  const events = [...new Set(known.filter((each) => each.type === "track" && each.name).map((each) => each.name))].sort();
  return (
    <Select
      label={words.plans.learn} description={words.plans.learnHint} placeholder={words.columns.event} searchable value={null} data={events}
      onChange={(event) => event && learn(event)}
    />
  );
}
