import { ActionIcon, Button, Checkbox, Select, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { Empty } from "@/ui/states";
import { Text } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import type { Known } from "./catalogue";
import { blankEvent, blankProperty, type Draft, type PlannedEvent, takenOver, unplannedOf } from "./plan-draft";
import { PropertyRow } from "./plan-property";

interface EventsProps {
  draft: Draft;
  set: (draft: Draft) => void;
  known: readonly Known[];
}

/** The events of a plan, one form each; the one that is worked on stands open. */
export function PlanEvents({ draft, set, known }: EventsProps) {
  const words = useWords();
  const [open, setOpen] = useState<string | null>(draft.events.length <= 1 ? (draft.events[0]?.name ?? null) : null);
  const change = (index: number, event: PlannedEvent | null) =>
    set({ ...draft, events: draft.events.flatMap((each, at) => (at === index ? (event ? [event] : []) : [each])) });
  return (
    <div className="w-form">
      {draft.events.length === 0 && <Empty {...words.plans.noEvent} />}
      {draft.events.map((event, index) => (
        <details key={event.name} className="w-planned" open={open === event.name} onToggle={(toggled) => toggled.currentTarget.open ? setOpen(event.name) : open === event.name && setOpen(null)}>
          <summary>
            <bdi className="w-strong">{event.name}</bdi>
            <span className="w-meta"><Text value={event.properties.map((each) => (each.required ? `${each.name}*` : each.name)).join(", ")} /></span>
          </summary>
          {open === event.name && <One event={event} change={(next) => change(index, next)} known={known} />}
        </details>
      ))}
      <Add draft={draft} known={known} add={(name, seen) => {
        setOpen(name);
        set(seen ? takenOver(draft, name, known) : { ...draft, events: [...draft.events, blankEvent(name)] });
      }} />
    </div>
  );
}

function One({ event, change, known }: { event: PlannedEvent; change: (event: PlannedEvent | null) => void; known: readonly Known[] }) {
  const words = useWords();
  const format = useFormat();
  const seen = unplannedOf(event, known);
  const set = (part: Partial<PlannedEvent>) => change({ ...event, ...part });
  return (
    <div className="w-form">
      <TextInput label={words.plans.description} value={event.description} onChange={(typed) => set({ description: typed.currentTarget.value })} />
      {event.properties.length > 0 && (
        <ul className="w-properties" aria-label={words.catalogue.properties}>
          {event.properties.map((property, index) => (
            <PropertyRow
              key={index} property={property} taken={event.properties.some((each, at) => at !== index && each.name === property.name)}
              set={(next) => set({ properties: event.properties.map((each, at) => (at === index ? next : each)) })}
              remove={() => set({ properties: event.properties.filter((_, at) => at !== index) })}
            />
          ))}
        </ul>
      )}
      <div className="w-row">
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => set({ properties: [...event.properties, blankProperty()] })}>
          {words.plans.addProperty}
        </Button>
        {seen.length > 0 && (
          <Button size="compact-sm" variant="default" title={format.list(seen.map((each) => each.name))} onClick={() => set({ properties: [...event.properties, ...seen] })}>
            {words.plans.takeOver(seen.length)}
          </Button>
        )}
        <Switch size="xs" label={words.plans.closed} checked={event.closed} onChange={(changed) => set({ closed: changed.currentTarget.checked })} />
        <span className="end">
          <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconX size={14} aria-hidden="true" />} onClick={() => change(null)}>{words.plans.removeEvent}</Button>
        </span>
      </div>
      {Object.keys(event.rest).length > 0 && <p className="w-plain w-meta">{words.plans.beyond} <span className="w-mono">{JSON.stringify(event.rest)}</span></p>}
    </div>
  );
}

function Add({ draft, known, add }: { draft: Draft; known: readonly Known[]; add: (name: string, seen: boolean) => void }) {
  const words = useWords();
  const [typed, setTyped] = useState("");
  const [seen, setSeen] = useState(true);
  const planned = new Set(draft.events.map((each) => each.name));
  const names = [...new Set(known.filter((each) => each.type === "track" && each.name).map((each) => each.name))];
  const free = names.filter((name) => !planned.has(name)).sort();
  const name = typed.trim();
  const fresh = name !== "" && !planned.has(name) && !names.includes(name);
  return (
    <div className="w-row w-add">
      <Select
        size="sm" searchable aria-label={words.plans.addEvent} placeholder={words.plans.addEvent} value={null} data={free} searchValue={typed} onSearchChange={setTyped} w={280}
        nothingFoundMessage={fresh ? words.plans.newEvent(name) : words.palette.nothing}
        onChange={(value) => {
          if (!value) return;
          add(value, seen);
          setTyped("");
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (!fresh) return;
          add(name, false);
          setTyped("");
        }}
      />
      {fresh && (
        <ActionIcon variant="default" size={36} aria-label={words.plans.newEvent(name)} title={words.plans.newEvent(name)} onClick={() => { add(name, false); setTyped(""); }}>
          <IconPlus size={16} aria-hidden="true" />
        </ActionIcon>
      )}
      <Checkbox size="xs" label={words.plans.learn} checked={seen} onChange={(event) => setSeen(event.currentTarget.checked)} />
    </div>
  );
}
