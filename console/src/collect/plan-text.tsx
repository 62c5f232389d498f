import { Textarea } from "@mantine/core";
import { useState } from "react";
import { Copy } from "@/ui/code";
import { useWords } from "@/words";
import { eventsOf, type PlannedEvent, plannedEvents } from "./plan-draft";

const ROWS = 24;

/** The events of the plan as JSON; what is written here is taken as soon as it is complete. */
export function PlanText({ events, set }: { events: readonly PlannedEvent[]; set: (events: readonly PlannedEvent[]) => void }) {
  const words = useWords();
  const [text, setText] = useState(() => JSON.stringify(plannedEvents(events), null, 2));
  const [fault, setFault] = useState(false);
  const typed = (next: string) => {
    setText(next);
    try {
      set(eventsOf(JSON.parse(next)));
      setFault(false);
    } catch {
      setFault(true);
    }
  };
  return (
    <div className="w-copy">
      <Textarea
        aria-label={words.plans.events} description={words.plans.eventsHint} rows={ROWS} spellCheck={false} classNames={{ input: "w-mono" }}
        error={fault && words.plans.notJson} value={text} onChange={(event) => typed(event.currentTarget.value)}
      />
      <div className="copy"><Copy text={text} /></div>
    </div>
  );
}
