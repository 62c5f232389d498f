import { Select, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { api, type Schema } from "@/api/client";
import { preview } from "@/collect/preview";
import { Json } from "@/ui/code";
import { Detail } from "@/ui/drawer";
import { Find } from "@/ui/filter";
import { Facts, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { type Search, useParam } from "@/ui/url";
import { Ago, Clock, Text } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { Because } from "./because";
import { type Event, type Line, linesOf } from "./lines";

const PAGE = 200;
const NEAR = 20;
const HEIGHTS = { day: 36, session: 28, event: 34 };
const TYPES = ["track", "identify", "page", "screen", "group", "alias", "record"];
const DAY_MS = 86_400_000;

/** The moment at which a day of the viewer's calendar ends; null for what is none. */
function endOf(day: string): string | null {
  const start = Date.parse(`${day}T00:00:00`);
  return Number.isNaN(start) ? null : new Date(start + DAY_MS).toISOString();
}

export function Timeline({ name }: { name: string }) {
  const words = useWords();
  const { type = "", event = "", day = "" } = useSearch({ strict: false }) as Search;
  const [, setType] = useParam("type");
  const [, setDay] = useParam("day");
  const until = endOf(day);
  const query = api.useInfiniteQuery(
    "get", "/api/profiles/{name}/events",
    { params: { path: { name }, query: { limit: PAGE, ...(type ? { type } : {}), ...(event ? { name: event } : {}), ...(until ? { until } : {}) } } },
    { pageParamName: "before", initialPageParam: null, getNextPageParam: (last: Schema["EventPage"]) => last.next ?? undefined },
  );
  const more = () => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  return (
    <Section title={words.person.timeline}>
      <div className="w-chips">
        <Select
          size="xs" w={140} clearable aria-label={words.columns.type} placeholder={words.person.everything}
          data={TYPES.map((value) => ({ value, label: words.types[value] ?? value }))} value={type || null} onChange={(value) => setType(value ?? "")}
        />
        <Find param="event" label={words.person.filterName} w={150} />
        <TextInput type="date" size="xs" w={140} aria-label={words.person.jump} title={words.person.jump} value={day} onChange={(change) => setDay(change.currentTarget.value)} />
      </div>
      <Ask query={query as never} shape={<TableShape rows={12} columns={2} />}>
        {(data: { pages: Schema["EventPage"][] }) => <Lines events={data.pages.flatMap((page) => page.events)} more={more} end={!query.hasNextPage} />}
      </Ask>
    </Section>
  );
}

function Lines({ events, more, end }: { events: readonly Event[]; more: () => void; end: boolean }) {
  const words = useWords();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useParam("open");
  const lines = useMemo(() => linesOf(events, words, format), [events, words, format]);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => HEIGHTS[lines[index]?.kind ?? "event"],
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!end && last >= lines.length - NEAR) more();
  }, [last, lines.length, end, more]);
  const opened = events.find((each) => String(each.position) === open);
  if (lines.length === 0) return <span className="w-meta">{words.person.noEvents}</span>;
  return (
    <>
      <div className="w-timeline" ref={box} tabIndex={0} role="group" aria-label={words.person.timeline}>
        <div className="tall" style={{ height: virtualizer.getTotalSize() }}>
          <ol style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map((item) => {
              const line = lines[item.index];
              return line && (
                <li key={line.key} data-index={item.index} ref={virtualizer.measureElement}>
                  <LineOf line={line} open={() => setOpen(line.key, false)} />
                </li>
              );
            })}
          </ol>
        </div>
        {end && <p className="w-meta">{words.states.end}</p>}
      </div>
      {opened && <OneEvent of={opened} close={() => setOpen("", false)} />}
    </>
  );
}

function LineOf({ line, open }: { line: Line; open: () => void }) {
  const words = useWords();
  if (line.kind === "day") return <div className="w-day">{line.day}</div>;
  if (line.kind === "session") return <div className="w-session w-meta"><strong>{words.person.session}</strong> {line.told}</div>;
  const { event } = line;
  const type = words.types[event.type] ?? event.type;
  return (
    <button type="button" className={event.session ? "w-event in" : "w-event"} onClick={open} aria-haspopup="dialog">
      <span className="w-meta"><Clock at={event.occurred_at} /></span>
      <span className="w-cut">
        <bdi>{event.name || type}</bdi> <bdi className="w-meta">{preview(event.properties)}</bdi>
      </span>
      <span className="w-meta">{event.source}{event.name ? ` · ${type}` : ""}</span>
    </button>
  );
}

function OneEvent({ of, close }: { of: Event; close: () => void }) {
  const words = useWords();
  const type = words.types[of.type] ?? of.type;
  const why = api.useQuery("get", "/api/events/{position}", { params: { path: { position: of.position } } }).data?.profile?.why;
  return (
    <Detail title={of.name || type} close={close}>
      {why && <Because of={why} occurred={of.occurred_at} />}
      <Facts
        rows={[
          [words.columns.type, type],
          [words.live.occurred, <Ago key="occurred" at={of.occurred_at} />],
          [words.live.received, <Ago key="received" at={of.received_at} />],
          [words.columns.source, <Text key="source" value={of.source} />],
          [words.live.messageId, <span key="id" className="w-mono">{of.message_id}</span>],
          [words.live.session, of.session ? <span key="session" className="w-mono">{of.session}</span> : null],
        ]}
      />
      <div><Link to="/live/$position" params={{ position: String(of.position) }}>{words.person.pipeline}</Link></div>
      <Section title={words.columns.properties}>
        <Json value={of.properties} label={words.columns.properties} />
      </Section>
      <Section title={words.live.context}>
        <Json value={of.context} label={words.live.context} />
      </Section>
    </Detail>
  );
}
