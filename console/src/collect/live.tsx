import { Button, Select } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { Find } from "@/ui/filter";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { preview } from "./preview";
import { type Event, KEPT, useStream } from "./stream";

const FIRST = 100;
const TYPES = ["track", "identify", "page", "screen", "group", "alias", "record"];

function columnsOf(words: Words): readonly Column<Event>[] {
  return [
    { id: "time", head: words.columns.received, fit: true, cell: (row) => <Ago at={row.received_at} /> },
    { id: "type", head: words.columns.type, fit: true, roomy: true, cell: (row) => <span className="w-meta">{words.types[row.type] ?? row.type}</span> },
    { id: "name", head: words.columns.event, cell: (row) => <Text value={row.name || words.types[row.type] || row.type} /> },
    { id: "source", head: words.columns.source, fit: true, roomy: true, cell: (row) => <Text value={row.source} /> },
    { id: "who", head: words.columns.person, cell: (row) => <span className="w-meta"><Text value={row.identifiers[0] ? `${row.identifiers[0].namespace}:${row.identifiers[0].value}` : ""} /></span> },
    { id: "properties", head: words.columns.properties, roomy: true, cell: (row) => <span className="w-meta"><Text value={preview(row.properties)} /></span> },
  ];
}

export function Live() {
  const words = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { position } = useParams({ strict: false });
  const { type = "", name = "", source = "", who = "" } = useSearch({ strict: false }) as Search;
  const [paused, setPaused] = useParam("paused");
  const [, setType] = useParam("type");

  const filter = { type, name, source, text: who };
  const latest = api.useQuery("get", "/api/events", { params: { query: { ...filter, limit: FIRST } } }, { placeholderData: keepPreviousData });
  const stream = useStream(filter, paused === "1");
  const events = useMemo(() => {
    const known = new Set(stream.events.map((each) => each.position));
    const older = (latest.data ?? []).filter((each) => !known.has(each.position));
    return [...stream.events, ...older].sort((a, b) => b.position - a.position).slice(0, KEPT);
  }, [stream.events, latest.data]);
  const columns = useMemo(() => columnsOf(words), [words]);
  const filtered = Boolean(type || name || source || who);

  return (
    <Page
      title={words.live.title}
      wide
      about={
        <State tone={paused ? "idle" : stream.connected ? "good" : "warn"}>
          {paused ? words.live.paused(format.exact(stream.waiting)) : stream.connected ? words.live.listening : words.live.reconnecting}
        </State>
      }
      acts={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(paused ? "" : "1")}
        >
          {paused ? words.live.resume : words.live.pause}
        </Button>
      }
    >
      <div className="w-chips">
        <Select
          size="xs" w={140} aria-label={words.columns.type} clearable placeholder={words.live.anyType}
          data={TYPES.map((value) => ({ value, label: words.types[value] ?? value }))}
          value={type || null} onChange={(value) => setType(value ?? "")}
        />
        <Find param="name" label={words.live.filterName} />
        <Find param="source" label={words.live.filterSource} w={140} />
        <Find param="who" label={words.live.filterWho} />
        <span className="w-meta">{events.length >= KEPT ? words.live.bounded(format.exact(KEPT)) : ""}</span>
      </div>
      {stream.skipped > 0 && <div className="w-note" role="status">{words.live.sampled(format.exact(stream.skipped))}</div>}
      <Ask query={latest}>
        {() =>
          events.length === 0 ? (
            <Empty {...(filtered ? words.live.noMatch : words.live.none)} />
          ) : (
            <Table
              label={words.live.title} rows={events} columns={columns} id={(row) => String(row.position)} height={720} selected={position ?? ""}
              open={(row) => void navigate({ to: "/live/$position", params: { position: String(row.position) }, search: true } as never)}
            />
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}
