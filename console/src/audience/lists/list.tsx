import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { Ago, Num } from "@/ui/values";
import { useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { usePreview } from "../preview/counted";
import { PreviewPanel } from "../preview/panel";
import { Used } from "../used";
import type { Uploaded } from "./lists";
import { Upload } from "./upload";

function useClose(): () => void {
  const navigate = useNavigate();
  return () => void navigate({ to: "/lists" } as never);
}

export function NewList() {
  const words = useBuilderWords();
  return <Detail title={words.lists.upload} close={useClose()}><Upload /></Detail>;
}

export function OneList() {
  const all = useWords();
  const { name = "" } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/lists", {});
  const close = useClose();
  return (
    <Detail title={name} close={close}>
      <Ask query={query}>
        {(lists) => {
          const found = lists.find((each) => each.name === name);
          return found ? <Shown key={found.uploaded_at} list={found} close={close} /> : <p>{all.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ list, close }: { list: Uploaded; close: () => void }) {
  const all = useWords();
  const words = useBuilderWords();
  const queries = useQueryClient();
  const may = useMay("write");
  const mayLook = useMay("profiles");
  const remove = api.useMutation("delete", "/api/lists/{name}", { onSuccess: () => queries.invalidateQueries({ queryKey: ["get", "/api/lists"] }) });
  const counted = usePreview(useMemo(() => (mayLook ? { who: { list: list.name } } : null), [mayLook, list.name]));
  return (
    <>
      <Facts
        rows={[
          [words.lists.identifiers, <span key="size"><Num value={list.size} /> <span className="w-meta">{list.namespaces.join(", ")}</span></span>],
          [words.lists.uploaded, <span key="at"><Ago at={list.uploaded_at} /> <span className="w-meta"><bdi>{list.uploaded_by}</bdi></span></span>],
        ]}
      />
      {mayLook && <Section title={words.lists.matched} meta={words.lists.matchedMeta}><PreviewPanel counted={counted} told own="" /></Section>}
      <Used by={list.used_by} />
      {may && (
        <Section
          title={words.lists.replace} meta={words.lists.replaceMeta}
          acts={<Confirm danger act={all.acts.delete} question={words.lists.removeSure(list.name)} mutation={remove} run={() => remove.mutateAsync({ params: { path: { name: list.name } } }).then(close)} />}
        >
          <Upload of={list} />
        </Section>
      )}
    </>
  );
}
