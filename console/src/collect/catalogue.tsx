import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { Find } from "@/ui/filter";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import type { Search } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";

export type Known = Schema["KnownView"];

export interface Seen {
  event: Known;
  properties: readonly Known[];
}

/** One entry an event, with the properties that came with it. */
export function eventsOf(known: readonly Known[]): readonly Seen[] {
  const found = new Map<string, { event: Known | undefined; properties: Known[] }>();
  for (const each of known) {
    const key = `${each.type}\n${each.name}`;
    const entry = found.get(key) ?? { event: undefined, properties: [] };
    if (each.property === "") entry.event = each;
    else entry.properties.push(each);
    found.set(key, entry);
  }
  return [...found.values()].flatMap(({ event, properties }) => (event ? [{ event, properties }] : []));
}

function columnsOf(words: Words): readonly Column<Seen>[] {
  return [
    { id: "name", head: words.columns.event, by: (row) => row.event.name, cell: (row) => <Text value={row.event.name || words.types[row.event.type] || row.event.type} /> },
    { id: "type", head: words.columns.type, fit: true, by: (row) => row.event.type, cell: (row) => <span className="w-meta">{words.types[row.event.type] ?? row.event.type}</span> },
    { id: "properties", head: words.columns.properties, roomy: true, cell: (row) => <span className="w-meta"><Text value={row.properties.map((each) => each.property).join(", ")} /></span> },
    { id: "volume", head: words.columns.volume, fit: true, align: "right", by: (row) => row.event.count, cell: (row) => <Num value={row.event.count} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, by: (row) => row.event.last_seen_at, cell: (row) => <Ago at={row.event.last_seen_at} /> },
  ];
}

export function Catalogue() {
  const words = useWords();
  const navigate = useNavigate();
  const { type = "", name = "" } = useParams({ strict: false });
  const { q = "" } = useSearch({ strict: false }) as Search;
  const query = api.useQuery("get", "/api/catalogue", {}, { refetchInterval: 30_000 });
  const columns = useMemo(() => columnsOf(words), [words]);
  const part = q.toLocaleLowerCase();
  const fits = (seen: Seen) => [seen.event.name, ...seen.properties.map((each) => each.property)].some((text) => text.toLocaleLowerCase().includes(part));
  return (
    <Page
      title={words.catalogue.title}
      about={words.catalogue.about}
      acts={
        <>
          <Button size="compact-sm" variant="default" component={Link} to="/plans">{words.plans.title}</Button>
          <Button size="compact-sm" variant="default" component={Link} to="/quarantine">{words.quarantine.title}</Button>
        </>
      }
    >
      <Ask query={query}>
        {(known) =>
          known.length === 0 ? (
            <Empty {...words.catalogue.none} />
          ) : (
            <>
              <div className="w-chips"><Find label={words.catalogue.find} w={280} /></div>
              <Table
                label={words.catalogue.events} rows={eventsOf(known).filter(fits)} columns={columns} id={(row) => `${row.event.type}:${row.event.name}`}
                height={720} selected={`${type}:${name}`}
                open={(row) => void navigate({ to: "/catalogue/events/$type/$name", params: { type: row.event.type, name: row.event.name || "-" } })}
              />
            </>
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}
