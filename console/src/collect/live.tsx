import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { Filters } from "@/ui/filter";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { FilterBy, type Filterable } from "./filter-by";
import { preview } from "./preview";
import { type Event, KEPT, useStream } from "./stream";

const FIRST = 100;
const TYPES = ["track", "identify", "page", "screen", "group", "alias", "record"];

const who = ({ identifiers: [first] }: Event) => (first ? `${first.namespace}:${first.value}` : "");

function columnsOf(words: Words): readonly Column<Event>[] {
  return [
    { id: "time", head: words.columns.received, fit: true, text: (row) => row.received_at, cell: (row) => <Ago at={row.received_at} /> },
    { id: "type", head: words.columns.type, fit: true, roomy: true, text: (row) => row.type, cell: (row) => <span className="w-meta">{words.types[row.type] ?? row.type}</span> },
    { id: "name", head: words.columns.event, text: (row) => row.name, cell: (row) => <Text value={row.name || words.types[row.type] || row.type} /> },
    { id: "source", head: words.columns.source, fit: true, roomy: true, text: (row) => row.source, cell: (row) => <Text value={row.source} /> },
    { id: "who", head: words.columns.identifiers, text: who, cell: (row) => <span className="w-meta"><Text value={who(row)} /></span> },
    { id: "properties", head: words.columns.properties, roomy: true, text: (row) => preview(row.properties), cell: (row) => <span className="w-meta"><Text value={preview(row.properties)} /></span> },
  ];
}

/** What can be filtered by; names and sources are offered as they are known. */
function useFilters(): readonly (Filterable & { told?: (value: string) => string })[] {
  const words = useWords();
  const { data: known } = api.useQuery("get", "/api/catalogue", {}, { staleTime: 60_000 });
  const { data: sources } = api.useQuery("get", "/api/sources", {}, { staleTime: 60_000 });
  return useMemo(() => {
    const told = (value: string) => words.types[value] ?? value;
    return [
      { param: "type", name: words.columns.type, options: TYPES.map((value) => ({ value, label: told(value) })), told },
      { param: "name", name: words.live.filterName, hints: [...new Set((known ?? []).filter((each) => each.property === "" && each.name).map((each) => each.name))] },
      { param: "source", name: words.live.filterSource, hints: (sources ?? []).map((each) => each.name) },
      { param: "who", name: words.live.filterWho },
    ];
  }, [words, known, sources]);
}

export function Live() {
  const words = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { position } = useParams({ strict: false });
  const { type = "", name = "", source = "", who = "" } = useSearch({ strict: false }) as Search;
  const [paused, setPaused] = useParam("paused");

  const filter = { type, name, source, text: who };
  const latest = api.useQuery("get", "/api/events", { params: { query: { ...filter, limit: FIRST } } }, { placeholderData: keepPreviousData });
  const stream = useStream(filter, paused === "1");
  const events = useMemo(() => {
    const known = new Set(stream.events.map((each) => each.position));
    const older = (latest.data ?? []).filter((each) => !known.has(each.position));
    return [...stream.events, ...older].sort((a, b) => b.position - a.position).slice(0, KEPT);
  }, [stream.events, latest.data]);
  const columns = useMemo(() => columnsOf(words), [words]);
  const filters = useFilters();
  const filtered = Boolean(type || name || source || who);

  return (
    <Page
      title={words.live.title}
      wide
      about={
        <State tone={paused ? "idle" : stream.connected ? "good" : "warn"}>
          {paused ? words.live.paused : stream.connected ? words.live.listening : words.live.reconnecting}
        </State>
      }
      acts={
        <Button
          size="compact-sm"
          variant={paused && stream.waiting > 0 ? "filled" : "default"}
          leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(paused ? "" : "1")}
        >
          {!paused ? words.live.pause : stream.waiting > 0 ? words.live.fresh(format.exact(stream.waiting)) : words.live.resume}
        </Button>
      }
    >
      <div className="w-chips">
        <FilterBy of={filters} />
        <Filters of={filters} />
        <span className="w-meta">{events.length >= KEPT ? words.live.bounded(format.exact(KEPT)) : ""}</span>
      </div>
      {stream.skipped > 0 && <div className="w-note" role="status">{words.live.sampled(format.exact(stream.skipped))}</div>}
      <Ask query={latest}>
        {() =>
          events.length === 0 ? (
            <Empty {...(filtered ? words.live.noMatch : words.live.none)} act={!filtered && <Link to="/sources">{words.sources.title}</Link>} />
          ) : (
            <Table
              name="live" label={words.live.title} rows={events} columns={columns} id={(row) => String(row.position)} height={720} selected={position ?? ""}
              open={(row) => void navigate({ to: "/live/$position", params: { position: String(row.position) }, search: true } as never)}
            />
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}
