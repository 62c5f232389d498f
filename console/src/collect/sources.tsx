import { Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { type FormEvent, useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Spark } from "@/ui/chart";
import { Page } from "@/ui/page";
import { Ask, Empty, Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";

type Source = Schema["SourceView"];

export const SOURCES = ["get", "/api/sources"] as const;

/** Of the last 24 hours. */
export const total = (hours: Source["hours"]) => hours.reduce((sum, hour) => sum + hour.accepted + hour.imported, 0);
const refusedOf = (source: Source) => source.hours.reduce((sum, hour) => sum + hour.refused, 0);

function columnsOf(words: Words): readonly Column<Source>[] {
  return [
    { id: "name", head: words.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, by: (row) => row.last_seen_at, cell: (row) => <Ago at={row.last_seen_at} /> },
    { id: "hours", head: words.columns.hours, fit: true, roomy: true, text: (row) => row.hours.map((hour) => hour.accepted + hour.imported).join(" "), cell: (row) => <Spark values={row.hours.map((hour) => hour.accepted + hour.imported)} /> },
    { id: "volume", head: words.columns.events, fit: true, align: "right", by: (row) => total(row.hours), cell: (row) => <Num value={total(row.hours)} /> },
    { id: "ever", head: words.sources.ever, fit: true, align: "right", optional: true, by: (row) => row.events, cell: (row) => <Num value={row.events} /> },
    { id: "refused", head: words.columns.refused, fit: true, align: "right", by: refusedOf, cell: (row) => <Num value={refusedOf(row)} /> },
  ];
}

export function Sources() {
  const words = useWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const { name } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/sources", {}, { refetchInterval: 10_000 });
  const columns = useMemo(() => columnsOf(words), [words]);
  return (
    <Page title={words.sources.title} about={words.sources.about} acts={may && <Add />}>
      <Ask query={query}>
        {(sources) =>
          sources.length === 0 ? (
            <Empty {...words.sources.none} act={may && <Add />} />
          ) : (
            <Table
              name="sources" label={words.sources.title} rows={sources} columns={columns} id={(row) => row.name} selected={name ?? ""}
              open={(row) => void navigate({ to: "/sources/$name", params: { name: row.name } })}
            />
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}

function Add() {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const add = api.useMutation("post", "/api/sources", {
    onSuccess: () => queries.invalidateQueries({ queryKey: SOURCES }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ body: { name } }, {
      onSuccess: () => {
        close();
        setName("");
        void navigate({ to: "/sources/$name", params: { name } });
      },
    });
  };
  return (
    <>
      <Button size="compact-sm" onClick={open}>{words.sources.add}</Button>
      <Modal opened={opened} onClose={close} title={words.sources.add} centered closeButtonProps={{ "aria-label": words.acts.close }}>
        <form className="w-form" onSubmit={submit}>
          <TextInput
            data-autofocus required label={words.sources.name} description={words.sources.nameHint}
            value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={64} pattern="[a-z0-9][a-z0-9_\-]*"
          />
          {add.error !== null && <Failed error={add.error} />}
          <Button type="submit" loading={add.isPending}>{words.sources.make}</Button>
        </form>
      </Modal>
    </>
  );
}
