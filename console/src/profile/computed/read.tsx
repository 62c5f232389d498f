import { keepPreviousData } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import type { Body } from "@/audience/builder/rule";
import { nameOf } from "@/profile/name";
import { Text } from "@/ui/values";
import { UNKNOWN } from "@/words/format";
import { useFormat, useLanguage, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";

export type Fault = Schema["TraitFaultView"];
export type Reading = Schema["TraitReadingView"];

const WAIT_MS = 300;
const PEOPLE = 5;

/** What a definition says, a moment after the last edit, with what it comes to for some people. */
export function useReading(definition: Body): { reading: Reading | undefined; stale: boolean } {
  const text = useMemo(() => JSON.stringify(definition), [definition]);
  const [settled] = useDebouncedValue(text, WAIT_MS);
  const body = useMemo(() => ({ definition: JSON.parse(settled) as Record<string, unknown>, people: PEOPLE }), [settled]);
  const query = api.useQuery("post", "/api/traits/read", { body }, { placeholderData: keepPreviousData, staleTime: 5_000, refetchOnWindowFocus: false, retry: false });
  return { reading: query.data, stale: text !== settled || query.isPlaceholderData };
}

/** The trait as a sentence where it is not the one that is told already, and its value for those who were seen last. */
export function Said({ reading, stale, changed }: { reading: Reading | undefined; stale: boolean; changed: boolean }) {
  const words = useBuilderWords();
  const all = useWords();
  const { language } = useLanguage();
  const sentence = reading?.sentence[language] ?? "";
  return (
    <div className={stale ? "w-counted stale" : "w-counted"} aria-busy={stale}>
      {changed && <p className="w-rule" aria-live="polite">{sentence || <span className="w-dim">{words.trait.noSentence}</span>}{reading?.type && <span className="w-meta">{words.valueTypes[reading.type]}</span>}</p>}
      {reading && reading.people.length > 0 && (
        <dl className="w-facts" aria-label={words.trait.sample}>
          {reading.people.map((each) => (
            <div key={each.profile_id} className="w-fact">
              <dt><Link to="/people/$profile" params={{ profile: each.profile_id }}><Text value={nameOf(each) || all.people.nameless} /></Link></dt>
              <dd><Value value={each.value} /></dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Value({ value }: { value: unknown }) {
  const format = useFormat();
  if (typeof value === "number") return <span className="w-num">{format.exact(value)}</span>;
  return value === null || value === undefined ? <span className="w-dim">{UNKNOWN}</span> : <Text value={value} />;
}
