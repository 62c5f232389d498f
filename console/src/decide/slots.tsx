import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Page } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, Text } from "@/ui/values";
import { useWords, type Words } from "@/words";
import { useDecideWords } from "@/words/decide";
import type { DecideWords } from "@/words/en-decide";

export type Slot = Schema["SlotView"];

/** How long until the counts are asked for again. */
const COUNTS_MS = 5_000;

const today = (slot: Slot): number => slot.offers.reduce((sum, each) => sum + each.shown.today, 0);
const week = (slot: Slot): number => slot.offers.reduce((sum, each) => sum + each.shown.week, 0);

function columnsOf(all: Words, words: DecideWords): readonly Column<Slot>[] {
  const offersOf = (row: Slot) => row.offers.map((each) => each.name).join(", ");
  return [
    { id: "name", head: all.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "offers", head: words.offers, roomy: true, text: offersOf, cell: (row) => <span className="w-meta"><Text value={offersOf(row)} /></span> },
    { id: "today", head: words.today, fit: true, align: "right", by: today, cell: (row) => <Num value={today(row)} /> },
    { id: "week", head: words.week, fit: true, roomy: true, align: "right", by: week, cell: (row) => <Num value={week(row)} /> },
  ];
}

export function Slots() {
  const all = useWords();
  const words = useDecideWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const { name: opened } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/slots", {}, { refetchInterval: COUNTS_MS });
  const columns = useMemo(() => columnsOf(all, words), [all, words]);
  const add = may && <Button size="compact-sm" component={Link} to={"/slots/new" as never}>{words.add}</Button>;
  return (
    <Page title={all.slots.title} about={words.about} acts={add}>
      <Ask query={query} shape={<TableShape rows={5} columns={4} />}>
        {(slots) => slots.length === 0 ? <Empty {...words.none} act={add} /> : (
          <Table
            name="slots" label={all.slots.title} rows={slots} columns={columns} id={(row) => row.name} {...(opened ? { selected: opened } : {})}
            open={(row) => void navigate({ to: "/slots/$name", params: { name: row.name } } as never)}
          />
        )}
      </Ask>
      <Outlet />
    </Page>
  );
}
