import type { Got } from "@/api/client";
import type { Format, Words } from "@/words";

export type Event = Got<"/api/profiles/{name}/events">["events"][number];

export type Line =
  | { kind: "day"; key: string; day: string }
  | { kind: "session"; key: string; told: string }
  | { kind: "event"; key: string; event: Event };

const TOLD = 3;

/** The items under what `by` says of each, in the order in which they come. */
export function groupedBy<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}

/** What happened, by the name under which a session counts it. */
const counted = (event: Event): string => (event.type === "page" || event.type === "screen" ? event.type : event.name || event.type);

/** A session in a line: how long, and what was done most worth telling. */
function sumOf(events: readonly Event[], words: Words, format: Format): string {
  const times = events.map((each) => Date.parse(each.occurred_at));
  const counts = new Map<string, number>();
  for (const event of events) counts.set(counted(event), (counts.get(counted(event)) ?? 0) + 1);
  const order = Object.keys(words.did);
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const told = [...counts]
    .sort(([a, m], [b, n]) => rank(a) - rank(b) || n - m)
    .slice(0, TOLD)
    .map(([name, count]) => words.did[name]?.(count, format.exact(count)) ?? `${format.exact(count)} × ${words.types[name] ?? name}`);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return [...(seconds < 1 ? [] : [format.span(seconds)]), ...told].join(" · ");
}

/** Days, within them sessions, within them events; as loaded so far. */
export function linesOf(events: readonly Event[], words: Words, format: Format): readonly Line[] {
  const sessions = groupedBy(events, (each) => each.session);
  const lines: Line[] = [];
  let day = "";
  let session = "";
  for (const event of events) {
    const today = format.day(event.occurred_at);
    if (today !== day) lines.push({ kind: "day", key: `day-${event.position}`, day: today });
    if (event.session && (event.session !== session || today !== day))
      lines.push({ kind: "session", key: `session-${event.position}`, told: sumOf(sessions.get(event.session) ?? [event], words, format) });
    lines.push({ kind: "event", key: String(event.position), event });
    day = today;
    session = event.session;
  }
  return lines;
}
