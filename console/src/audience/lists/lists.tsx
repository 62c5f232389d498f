import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Page } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, Text } from "@/ui/values";
import { useWords, type Words } from "@/words";
import { useBuilderWords } from "@/words/builder";
import type { BuilderWords } from "@/words/en-builder";

export type Uploaded = Schema["ListView"];

function columnsOf(all: Words, words: BuilderWords): readonly Column<Uploaded>[] {
  return [
    { id: "name", head: all.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "namespaces", head: words.lists.namespace, roomy: true, text: (row) => row.namespaces.join(", "), cell: (row) => <span className="w-meta"><Text value={row.namespaces.join(", ")} /></span> },
    { id: "used", head: words.usedBy, fit: true, align: "right", by: (row) => row.used_by.length, cell: (row) => <Num value={row.used_by.length} /> },
    { id: "at", head: words.lists.uploaded, fit: true, roomy: true, by: (row) => row.uploaded_at, cell: (row) => <span className="w-meta"><Ago at={row.uploaded_at} /></span> },
    { id: "size", head: words.lists.identifiers, fit: true, align: "right", by: (row) => row.size, cell: (row) => <Num value={row.size} /> },
  ];
}

export function Lists() {
  const all = useWords();
  const words = useBuilderWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const { name: opened } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/lists", {});
  const columns = useMemo(() => columnsOf(all, words), [all, words]);
  const add = may && <Button size="compact-sm" component={Link} to={"/lists/new" as never}>{words.lists.upload}</Button>;
  return (
    <Page title={all.audiences.lists} about={words.lists.about} acts={add}>
      <Ask query={query} shape={<TableShape rows={4} columns={4} />}>
        {(lists) => lists.length === 0 ? <Empty {...words.lists.none} act={add} /> : (
          <Table
            name="lists" label={all.audiences.lists} columns={columns} rows={lists} id={(row) => row.name} {...(opened ? { selected: opened } : {})}
            open={(row) => void navigate({ to: "/lists/$name", params: { name: row.name } } as never)}
          />
        )}
      </Ask>
      <Outlet />
    </Page>
  );
}
