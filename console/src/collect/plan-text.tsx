import { JsonText } from "@/ui/json-text";
import { useWords } from "@/words";
import { eventsOf, type PlannedEvent, plannedEvents } from "./plan-draft";

/** The events of the plan as JSON. */
export function PlanText({ events, set }: { events: readonly PlannedEvent[]; set: (events: readonly PlannedEvent[]) => void }) {
  const words = useWords();
  return <JsonText label={words.plans.events} hint={words.plans.eventsHint} value={plannedEvents(events)} take={(parsed) => set(eventsOf(parsed))} />;
}
