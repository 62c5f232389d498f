import { useEffect, useReducer, useRef } from "react";
import type { Got } from "@/api/client";

export type Event = Got<"/api/events">[number];

export interface Filter {
  type?: string;
  name?: string;
  source?: string;
  text?: string;
}

export const KEPT = 500;
const FLUSH_MS = 250;
/** While it is paused no more than this waits; the older ones are to be had from the list. */
const QUEUE_EVENTS = KEPT;

interface Stream {
  events: readonly Event[];
  /** Arrived since it was paused. */
  waiting: number;
  /** Told by the server as left out: more came than can be read, or this page was slow. */
  skipped: number;
  connected: boolean;
}

type Change =
  | { kind: "arrived"; events: readonly Event[] }
  | { kind: "waiting"; count: number }
  | { kind: "skipped"; count: number }
  | { kind: "connected"; connected: boolean }
  | { kind: "anew" };

function merged(known: readonly Event[], fresh: readonly Event[]): readonly Event[] {
  const positions = new Set(fresh.map((each) => each.position));
  const all = [...fresh, ...known.filter((each) => !positions.has(each.position))];
  return all.sort((a, b) => b.position - a.position).slice(0, KEPT);
}

const NOTHING: Stream = { events: [], waiting: 0, skipped: 0, connected: false };

function change(held: Stream, step: Change): Stream {
  switch (step.kind) {
    case "arrived":
      return { ...held, events: merged(held.events, step.events), waiting: 0 };
    case "waiting":
      return held.waiting === step.count ? held : { ...held, waiting: step.count };
    case "skipped":
      return { ...held, skipped: held.skipped + step.count };
    case "connected":
      return held.connected === step.connected ? held : { ...held, connected: step.connected };
    case "anew":
      return NOTHING;
  }
}

/** Follows the events that fit: bounded, four repaints a second, and nothing shown while it is paused. */
export function useStream({ type = "", name = "", source = "", text = "" }: Filter, paused: boolean): Stream {
  const [held, dispatch] = useReducer(change, NOTHING);
  const queue = useRef<Event[]>([]);
  const waiting = useRef(0);

  useEffect(() => {
    const query = new URLSearchParams({ type, name, source, text });
    const stream = new EventSource(`/api/events/stream?${query}`);
    let missed = 0;
    stream.addEventListener("event", (message: MessageEvent<string>) => {
      queue.current.push(JSON.parse(message.data) as Event);
      if (queue.current.length > QUEUE_EVENTS) queue.current.shift();
      waiting.current += 1;
    });
    stream.addEventListener("sampled", (message: MessageEvent<string>) => {
      const note = JSON.parse(message.data) as { came: number; told: number; missed: number };
      dispatch({ kind: "skipped", count: note.came - note.told + (note.missed - missed) });
      missed = note.missed;
    });
    stream.onopen = () => dispatch({ kind: "connected", connected: true });
    stream.onerror = () => dispatch({ kind: "connected", connected: false });
    return () => {
      stream.close();
      queue.current = [];
      waiting.current = 0;
      dispatch({ kind: "anew" });
    };
  }, [type, name, source, text]);

  useEffect(() => {
    const flush = () => {
      if (paused) {
        dispatch({ kind: "waiting", count: waiting.current });
        return;
      }
      waiting.current = 0;
      if (queue.current.length === 0) return;
      dispatch({ kind: "arrived", events: queue.current });
      queue.current = [];
    };
    const timer = setInterval(flush, FLUSH_MS);
    return () => clearInterval(timer);
  }, [paused]);

  return held;
}
