import { Button, TextInput } from "@mantine/core";
import { nowMs } from "@/api/client";
import { useParam } from "@/ui/url";
import type { Tense } from "@/words/en-why";
import { useWhyWords } from "@/words/why";

const MINUTE_MS = 60_000;

/** The moment of the URL, as the API takes it; null: now, or what is no moment. */
export function momentOf(at: string): string | null {
  const time = Date.parse(at);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

export function tenseOf(at: string | null): Tense {
  if (at === null) return "now";
  return Date.parse(at) > nowMs() ? "future" : "past";
}

/** What a field of date and time shows: the viewer's own clock, without its zone. */
function local(at: string | null): string {
  if (at === null) return "";
  const time = Date.parse(at);
  return new Date(time - new Date(time).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);
}

/** The moment that is asked about; without one: now. */
export function When() {
  const words = useWhyWords();
  const [at, setAt] = useParam("at");
  const moment = momentOf(at);
  return (
    <div className="w-when">
      <TextInput
        type="datetime-local" step={1} size="xs" label={moment ? words.asOf : words.asOfNow} value={local(moment)}
        onChange={(change) => setAt(momentOf(change.currentTarget.value) ?? "")}
      />
      {moment && <Button size="xs" variant="default" onClick={() => setAt("", false)}>{words.backToNow}</Button>}
    </div>
  );
}
