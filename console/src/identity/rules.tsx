import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useHistory } from "@/ui/history";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Editing } from "@/ui/editing";
import { JsonText } from "@/ui/json-text";
import { Section } from "@/ui/page";
import { Saved } from "@/ui/saved";
import { Ask, Failed, Rows } from "@/ui/states";
import { useParam } from "@/ui/url";
import { useFormat, useWords } from "@/words";
import { type Body, Draft } from "./rules-draft";
import { Namespaces } from "./rules-namespaces";
import { Thresholds } from "./rules-thresholds";
import { sentenceOf, Would } from "./rules-would";

const RULES = ["get", "/api/identity/rules"];

/** What may tie people together: the rules, changed here and tried on everybody before they are in force. */
export function Rules() {
  const query = api.useQuery("get", "/api/identity/rules", {}, { refetchOnWindowFocus: false, refetchOnReconnect: false });
  return <Ask query={query} shape={<Rows count={12} />}>{(found) => <Editor of={found} />}</Ask>;
}

type Tried = Schema["TriedView"];

function Editor({ of }: { of: Schema["RulesView"] }) {
  const words = useWords();
  const format = useFormat();
  const may = useMay("write");
  const queries = useQueryClient();
  const draft = useHistory<Draft>(() => new Draft(withoutName(of.definition), of.defaults));
  const [kept, setKept] = useState({ body: draft.now.body, version: of.version });
  const [look, setLook] = useParam("as", "form");
  const [tried, setTried] = useState<{ draft: Draft; found: Tried } | null>(null);
  const save = api.useMutation("put", "/api/identity/rules", { onSuccess: () => queries.invalidateQueries({ queryKey: RULES }) });
  const run = api.useMutation("post", "/api/identity/rules/preview");
  const { now } = draft;
  const changed = JSON.stringify(now.body) !== JSON.stringify(kept.body);
  const current = tried?.draft === now ? tried.found : null;
  const faults = current?.faults ?? [];
  const faultAt = (at: string) => faults.find((each) => each.at === at)?.message;
  const tryIt = () => run.mutate({ body: now.body }, { onSuccess: (found) => setTried({ draft: now, found }) });
  const write = async () => {
    const saved = await save.mutateAsync({ params: { query: { version: kept.version } }, body: now.body });
    setKept({ body: now.body, version: saved.version });
  };
  return (
    <div className="w-plan">
      <Leaving changed={changed} />
      <Section
        title={words.idRules.title} meta={words.idRules.about}
        acts={<Editing undo={draft.undo} redo={draft.redo} look={look} setLook={setLook} />}
      >
        {look === "text" ? (
          <JsonText label={words.idRules.title} hint={words.idRules.textHint} value={now.body} take={(parsed) => draft.set(new Draft(bodyOf(parsed), of.defaults))} />
        ) : (
          <fieldset className="w-bare" disabled={!may}>
            <Thresholds draft={now} set={draft.set} faultAt={faultAt} />
            <Namespaces draft={now} set={draft.set} faultAt={faultAt} />
          </fieldset>
        )}
      </Section>
      {faults.length > 0 && <Faults of={faults} />}
      {run.error !== null && <Failed error={run.error} retry={tryIt} />}
      {current?.would && <Would of={current.would} format={format} />}
      {tried && !current && <p className="w-note" role="status">{words.idRules.stale}</p>}
      {save.error !== null && <Failed error={save.error} />}
      <div className="w-row w-foot">
        <Button size="compact-sm" variant={current?.would ? "default" : "filled"} loading={run.isPending} onClick={tryIt} disabled={!changed}>{words.idRules.look}</Button>
        {may && (
          <Confirm
            act={words.acts.save} disabled={!changed || !current?.would} mutation={save} run={write}
            question={current?.would ? words.idRules.sure(sentenceOf(current.would, words, format)) : ""}
          />
        )}
        {changed && <Button size="compact-sm" variant="subtle" color="gray" onClick={() => draft.set(new Draft(kept.body, of.defaults))}>{words.idRules.discard}</Button>}
        <span className="w-meta">{changed ? (current?.would ? "" : words.idRules.lookFirst) : save.data ? <Saved of={save.data} /> : words.idRules.unchanged}</span>
      </div>
    </div>
  );
}

function Faults({ of }: { of: Tried["faults"] }) {
  const words = useWords();
  return (
    <div className="w-failed" role="alert">
      <strong>{words.idRules.faults}</strong>
      <ul>{of.map((each) => <li key={`${each.at} ${each.message}`}><span className="w-mono">{each.at}</span> {each.message}</li>)}</ul>
    </div>
  );
}

/** Asks before what was changed is left behind. */
function Leaving({ changed }: { changed: boolean }) {
  const words = useWords();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && (current.pathname !== next.pathname || (next.search as Body)["view"] !== "rules"),
    enableBeforeUnload: changed,
    withResolver: true,
  });
  return (
    <Modal opened={blocker.status === "blocked"} onClose={() => blocker.reset?.()} withCloseButton={false} centered attributes={{ content: { "aria-label": words.idRules.leave } }}>
      <div className="w-form">
        <p className="w-plain">{words.idRules.leave}</p>
        <div className="w-row">
          <span className="end" />
          <Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>{words.idRules.stay}</Button>
          <Button color="red" onClick={() => blocker.proceed?.()}>{words.idRules.discard}</Button>
        </div>
      </div>
    </Modal>
  );
}

const withoutName = ({ name: _name, ...body }: Body): Body => body;

function bodyOf(parsed: unknown): Body {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("no mapping");
  return withoutName(parsed as Body);
}
