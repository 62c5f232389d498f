import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { useHistory } from "@/ui/history";
import { Page } from "@/ui/page";
import { Saved } from "@/ui/saved";
import { Ask, Failed } from "@/ui/states";
import type { Search } from "@/ui/url";
import { Yaml } from "@/ui/yaml-text";
import { useLanguage, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { usePreview } from "../preview/counted";
import { PreviewPanel } from "../preview/panel";
import { placeOf } from "./edit";
import { faultsOf, sizesOf } from "./places";
import { type Board, GroupView } from "./group";
import { useVocabulary } from "./known";
import { type Body, type Group, incomplete, rootOf, textOf, without, written } from "./rule";
import { Typed } from "./typed";

interface Draft {
  name: string;
  description: string;
  root: Group;
}

const draftOf = (definition: Body): Draft => ({ name: textOf(definition["name"]), description: textOf(definition["description"]), root: rootOf(definition["who"]) });

function definitionOf({ name, description, root }: Draft): Body {
  return without({ name: name || undefined, description: description || undefined, who: written(root).who ?? undefined });
}

export function NewAudience() {
  const words = useBuilderWords();
  const { event = "", type = "" } = useSearch({ strict: false }) as Search;
  const did = event ? (type === "record" ? { record: event } : event) : type ? { type } : undefined;
  return (
    <Page title={words.newTitle} about={words.about} wide>
      <Editor first={did ? { who: { did, within: "30d" } } : {}} version="" />
    </Page>
  );
}

export function EditAudience() {
  const words = useBuilderWords();
  const all = useWords();
  const { name } = useParams({ from: "/audiences/$name/edit" });
  const query = api.useQuery("get", "/api/audiences", {}, { refetchOnWindowFocus: false });
  return (
    <Page title={words.editTitle(name)} about={words.about} wide>
      <Ask query={query}>
        {(found) => {
          const audience = found.find((each) => each.name === name);
          return audience ? <Editor key={name} first={audience.definition} version={audience.version} /> : <p>{all.lost.what}</p>;
        }}
      </Ask>
    </Page>
  );
}

/** Undo and redo by keyboard, wherever the focus is but in the text. */
function useKeys(undo: (() => void) | undefined, redo: (() => void) | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target instanceof HTMLTextAreaElement) return;
      const key = event.key.toLowerCase();
      const act = key === "z" ? (event.shiftKey ? redo : undo) : key === "y" ? redo : undefined;
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      act?.();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [undo, redo]);
}

/** After a row moved by keyboard, it has the focus still, and what happened is said. */
function useMoved() {
  const words = useBuilderWords();
  const [said, setSaid] = useState("");
  const wanted = useRef("");
  useEffect(() => {
    if (!wanted.current) return;
    document.querySelector<HTMLElement>(`[data-handle="${wanted.current}"]`)?.focus();
    wanted.current = "";
  });
  const moved = useCallback((id: string, root: Group) => {
    wanted.current = id;
    const place = placeOf(root, id);
    setSaid(place ? words.movedTo(place.index + 1) : "");
  }, [words]);
  return { said, moved };
}

function Editor({ first, version }: { first: Body; version: string }) {
  const words = useBuilderWords();
  const { language } = useLanguage();
  const mayLook = useMay("profiles");
  const [begun] = useState(() => draftOf(first));
  const draft = useHistory<Draft>(() => begun);
  const { now, undo, redo } = draft;
  const vocabulary = useVocabulary();
  const [look, setLook] = useState("preview");
  const { said, moved } = useMoved();
  useKeys(undo, redo);
  const { who } = useMemo(() => written(now.root), [now.root]);
  const counted = usePreview(useMemo(() => (mayLook && who ? (version ? { audience: { name: now.name, who } } : { who }) : null), [mayLook, who, version, now.name]));
  const faults = useMemo(() => faultsOf(now.root, counted.problem), [now.root, counted.problem]);
  const board: Board = {
    root: now.root, vocabulary, faults, moved, stale: counted.stale,
    set: (root, about) => draft.set({ ...now, root }, about),
    sizes: useMemo(() => sizesOf(now.root, counted.preview), [now.root, counted.preview]),
  };
  const open = incomplete(now.root);
  const sentence = counted.preview?.sentence[language] ?? "";
  const loose = faults.get("") ?? [];
  return (
    <>
      <Typed root={now.root} put={board.set} />
      <p className={counted.stale ? "w-rule stale" : "w-rule"} aria-live="polite">{sentence || <span className="w-dim">{words.noSentence}</span>}</p>
      <div className="w-builder">
        <div className="w-built">
          <div className="w-row">
            <Button size="compact-sm" variant="subtle" color="gray" disabled={!undo} onClick={undo} leftSection={<IconArrowBackUp size={14} aria-hidden="true" />}>{words.undo}</Button>
            <Button size="compact-sm" variant="subtle" color="gray" disabled={!redo} onClick={redo} leftSection={<IconArrowForwardUp size={14} aria-hidden="true" />}>{words.redo}</Button>
          </div>
          <GroupView group={now.root} board={board} name={words.whole} root />
          {loose.map((each) => <p key={each} className="w-bad-text w-plain" role="alert">{each}</p>)}
          {open > 0 && now.root.rules.length > 0 && <p className="w-meta w-plain">{words.unfinished(open)}</p>}
          <span role="status" className="w-hidden">{said}</span>
          <Save draft={now} set={(part, about) => draft.set({ ...now, ...part }, about)} version={version} dirty={now !== begun} unfinished={open > 0} />
        </div>
        <div className="w-beside">
          <SegmentedControl transitionDuration={0} size="xs" value={look} onChange={setLook} aria-label={words.beside} data={[{ value: "preview", label: words.preview }, { value: "yaml", label: "YAML" }]} />
          {look === "preview" ? <PreviewPanel counted={counted} told={mayLook} own={version && now.name} />
            : <Yaml label={words.yaml} definition={definitionOf(now)} take={(read) => draft.set(draftOf(version ? { ...read, name: now.name } : read), "yaml")} />}
        </div>
      </div>
    </>
  );
}

interface SaveProps {
  draft: Draft;
  set: (part: Partial<Draft>, about: string) => void;
  version: string;
  dirty: boolean;
  unfinished: boolean;
}

function Save({ draft, set, version, dirty, unfinished }: SaveProps) {
  const words = useBuilderWords();
  const all = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const may = useMay("write");
  const leaving = useRef(false);
  const save = api.useMutation("put", "/api/audiences/{name}");
  const look = api.useMutation("put", "/api/audiences/{name}");
  const remove = api.useMutation("delete", "/api/audiences/{name}");
  const blocker = useBlocker({ shouldBlockFn: () => dirty && !leaving.current, enableBeforeUnload: () => dirty && !leaving.current, withResolver: true });
  const request = (check: boolean) => ({ params: { path: { name: draft.name }, query: { version, check } }, body: definitionOf(draft) });
  const gone = async (to: { saved?: string }) => {
    leaving.current = true;
    await queries.invalidateQueries({ queryKey: ["get", "/api/audiences"], refetchType: "none" });
    if (to.saved) await navigate({ to: "/audiences/$name", params: { name: draft.name }, search: { saved: to.saved } as never });
    else await navigate({ to: "/audiences" });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    look.reset();
    save.mutate(request(false), { onSuccess: (done: Schema["SavedView"]) => void gone({ saved: done.version }) });
  };
  const problem = save.error ?? look.error;
  const ready = draft.name !== "" && !unfinished;
  return (
    <form className="w-form w-saving" onSubmit={submit}>
      <div className="w-fields">
        <TextInput label={all.columns.name} required disabled={version !== ""} maxLength={63} pattern="[a-z0-9][a-z0-9_\-]*" description={version ? undefined : words.nameHint} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value }, "name")} />
        <TextInput label={all.plans.description} description={version ? undefined : words.descriptionHint} value={draft.description} onChange={(event) => set({ description: event.currentTarget.value }, "description")} />
      </div>
      {problem !== null && <Failed error={problem} />}
      {may && (
        <div className="w-row w-foot">
          <Button type="submit" loading={save.isPending} disabled={!ready || !dirty}>{all.acts.save}</Button>
          <Button variant="default" loading={look.isPending} disabled={!ready} onClick={() => { save.reset(); look.mutate(request(true)); }}>{words.check}</Button>
          {look.data && <span role="status" className="w-meta">{words.fits(look.data.path)}{look.data.comments_lost.length > 0 && <> · {all.plans.commentsLost(look.data.comments_lost.join(" · "))}</>}</span>}
          {save.data && <Saved of={save.data} />}
          {version && (
            <span className="end">
              <Confirm danger act={all.acts.delete} question={words.removeSure(draft.name)} mutation={remove} run={() => remove.mutateAsync({ params: { path: { name: draft.name } } }).then(() => gone({}))} />
            </span>
          )}
        </div>
      )}
      <Modal opened={blocker.status === "blocked"} onClose={() => blocker.reset?.()} withCloseButton={false} centered attributes={{ content: { "aria-label": words.leave } }} transitionProps={{ duration: 120, transition: "fade" }}>
        <div className="w-form">
          <p className="w-plain">{words.leave}</p>
          <div className="w-row">
            <span className="end w-row">
              <Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>{words.stay}</Button>
              <Button color="red" onClick={() => blocker.proceed?.()}>{words.discard}</Button>
            </span>
          </div>
        </div>
      </Modal>
    </form>
  );
}
