import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { Spark } from "@/ui/chart";
import { Filters, Find } from "@/ui/filter";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import type { Search } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";
import { FilterBy } from "./filter-by";

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

/** How often each event occurred in the last days, and the days. */
export function useVolumes() {
  const { data } = api.useQuery("get", "/api/catalogue/volumes", {}, { refetchInterval: (held) => (held.state.data?.events === null ? 2_000 : 60_000) });
  return useMemo(() => {
    const counts = new Map((data?.events ?? []).map((each) => [`${each.type}\n${each.name}`, each.counts]));
    const none = (data?.days ?? []).map(() => 0);
    return { days: data?.days ?? [], of: ({ event }: Seen) => (data?.events ? (counts.get(`${event.type}\n${event.name}`) ?? none) : null) };
  }, [data]);
}

const titled = (words: Words, { event }: Seen) => event.name || (words.types[event.type] ?? event.type);

function columnsOf(words: Words, volume: (seen: Seen) => readonly number[] | null): readonly Column<Seen>[] {
  return [
    { id: "name", head: words.columns.event, by: (row) => titled(words, row), cell: (row) => <Text value={titled(words, row)} /> },
    { id: "type", head: words.columns.type, fit: true, by: (row) => row.event.type, cell: (row) => <span className="w-meta">{words.types[row.event.type] ?? row.event.type}</span> },
    {
      id: "properties", head: words.columns.properties, roomy: true, text: (row) => namesOf(row).join(", "),
      cell: (row) => <span className="w-meta"><Text value={namesOf(row).join(", ")} /></span>,
    },
    { id: "days", head: words.catalogue.days, fit: true, roomy: true, by: (row) => volume(row)?.reduce((sum, each) => sum + each, 0) ?? null, cell: (row) => <Spark values={volume(row) ?? []} /> },
    { id: "volume", head: words.columns.events, fit: true, align: "right", by: (row) => row.event.count, cell: (row) => <Num value={row.event.count} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, by: (row) => row.event.last_seen_at, cell: (row) => <Ago at={row.event.last_seen_at} /> },
    { id: "first", head: words.columns.firstSeen, fit: true, optional: true, by: (row) => row.event.first_seen_at, cell: (row) => <Ago at={row.event.first_seen_at} /> },
  ];
}

const namesOf = (seen: Seen) => [...new Set(seen.properties.map((each) => each.property))];

export function Catalogue() {
  const words = useWords();
  const navigate = useNavigate();
  const { type: opened = "", name = "" } = useParams({ strict: false });
  const { q = "", type = "" } = useSearch({ strict: false }) as Search;
  const query = api.useQuery("get", "/api/catalogue", {}, { refetchInterval: 30_000 });
  const volumes = useVolumes();
  const columns = useMemo(() => columnsOf(words, volumes.of), [words, volumes]);
  const part = q.toLocaleLowerCase();
  const fits = (seen: Seen) => (!type || seen.event.type === type) && [titled(words, seen), ...namesOf(seen)].some((text) => text.toLocaleLowerCase().includes(part));
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
        {(known) => {
          if (known.length === 0) return <Empty {...words.catalogue.none} act={<Link to="/sources">{words.sources.title}</Link>} />;
          const rows = eventsOf(known);
          const types = [...new Set(rows.map((each) => each.event.type))];
          return (
            <>
              <div className="w-chips">
                <Find label={words.catalogue.find} w={280} />
                <FilterBy of={[{ param: "type", name: words.columns.type, options: types.map((value) => ({ value, label: words.types[value] ?? value })) }]} />
                <Filters of={[{ param: "type", name: words.columns.type, told: (value) => words.types[value] ?? value }]} />
              </div>
              <Table
                name="catalogue" label={words.catalogue.events} rows={rows.filter(fits)} columns={columns} id={(row) => `${row.event.type}:${row.event.name}`}
                height={720} selected={`${opened}:${name}`}
                open={(row) => void navigate({ to: "/catalogue/events/$type/$name", params: { type: row.event.type, name: row.event.name || "-" }, search: true } as never)}
              />
            </>
          );
        }}
      </Ask>
      <Outlet />
    </Page>
  );
}
