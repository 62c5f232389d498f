import { Select } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, type Got, type Schema } from "@/api/client";
import { preview } from "@/collect/preview";
import { Json } from "@/ui/code";
import { Find } from "@/ui/filter";
import { Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Search, useParam } from "@/ui/url";
import { Clock } from "@/ui/values";
import { type Format, useFormat, useWords } from "@/words";

type Event = Got<"/api/profiles/{name}/events">["events"][number];
type Line = { kind: "day"; key: string; day: string } | { kind: "session"; key: string; count: number } | { kind: "event"; key: string; event: Event };

const PAGE = 200;
const NEAR = 20;
const HEIGHTS = { day: 36, session: 28, event: 34 };
const TYPES = ["track", "identify", "page", "screen", "group", "alias", "record"];

/** Days, within them sessions, within them events; as loaded so far. */
function linesOf(events: readonly Event[], format: Format): readonly Line[] {
  const counts = new Map<string, number>();
  for (const { session } of events) if (session) counts.set(session, (counts.get(session) ?? 0) + 1);
  const lines: Line[] = [];
  let day = "";
  let session = "";
  for (const event of events) {
    const today = format.day(event.occurred_at);
    if (today !== day) lines.push({ kind: "day", key: `day-${event.position}`, day: today });
    if (event.session && (event.session !== session || today !== day))
      lines.push({ kind: "session", key: `session-${event.position}`, count: counts.get(event.session) ?? 1 });
    lines.push({ kind: "event", key: String(event.position), event });
    day = today;
    session = event.session;
  }
  return lines;
}

export function Timeline({ name }: { name: string }) {
  const words = useWords();
  const { type = "", event = "" } = useSearch({ strict: false }) as Search;
  const [, setType] = useParam("type");
  const query = api.useInfiniteQuery(
    "get", "/api/profiles/{name}/events",
    { params: { path: { name }, query: { limit: PAGE, ...(type ? { type } : {}), ...(event ? { name: event } : {}) } } },
    { pageParamName: "before", initialPageParam: null, getNextPageParam: (last: Schema["EventPage"]) => last.next ?? undefined },
  );
  const more = () => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  return (
    <Section
      title={words.person.timeline}
      acts={
        <>
          <Select
            size="xs" w={130} clearable aria-label={words.columns.type} placeholder={words.person.everything}
            data={TYPES.map((value) => ({ value, label: words.types[value] ?? value }))} value={type || null} onChange={(value) => setType(value ?? "")}
          />
          <Find param="event" label={words.person.filterName} w={160} />
        </>
      }
    >
      <Ask query={query as never}>
        {(data: { pages: Schema["EventPage"][] }) => <Lines events={data.pages.flatMap((page) => page.events)} more={more} end={!query.hasNextPage} />}
      </Ask>
    </Section>
  );
}

function Lines({ events, more, end }: { events: readonly Event[]; more: () => void; end: boolean }) {
  const words = useWords();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<string | null>(null);
  const lines = useMemo(() => linesOf(events, format), [events, format]);
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
  if (lines.length === 0) return <span className="w-meta">{words.person.noEvents}</span>;
  return (
    <div className="w-timeline" ref={box} tabIndex={0} role="group" aria-label={words.person.timeline}>
      <div className="tall" style={{ height: virtualizer.getTotalSize() }}>
        <ol style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => {
            const line = lines[item.index];
            return line && (
              <li key={line.key} data-index={item.index} ref={virtualizer.measureElement}>
                <LineOf line={line} open={open === line.key} toggle={() => setOpen(open === line.key ? null : line.key)} />
              </li>
            );
          })}
        </ol>
      </div>
      {end && <p className="w-meta">{words.states.end}</p>}
    </div>
  );
}

function LineOf({ line, open, toggle }: { line: Line; open: boolean; toggle: () => void }) {
  const words = useWords();
  if (line.kind === "day") return <div className="w-day">{line.day}</div>;
  if (line.kind === "session") return <div className="w-session w-meta">{words.person.session(line.count)}</div>;
  const { event } = line;
  const type = words.types[event.type] ?? event.type;
  return (
    <>
      <button type="button" className={event.session ? "w-event in" : "w-event"} onClick={toggle} aria-expanded={open}>
        <span className="w-meta"><Clock at={event.occurred_at} /></span>
        <span className="w-cut">
          <bdi>{event.name || type}</bdi> <bdi className="w-meta">{preview(event.properties)}</bdi>
        </span>
        <span className="w-meta">{event.source}{event.name ? ` · ${type}` : ""}</span>
      </button>
      {open && <Json value={{ message_id: event.message_id, position: event.position, properties: event.properties, context: event.context }} label={event.name || type} />}
    </>
  );
}
