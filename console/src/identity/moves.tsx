import { useQuery } from "@tanstack/react-query";
import type { Schema } from "@/api/client";
import { bestIdentifier, nameFromTraits, nameOf } from "@/profile/name";
import { Facts } from "@/ui/page";
import { Ask, Rows } from "@/ui/states";
import { Num, plain, State } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { type Deed, tell, wordOf } from "./say";

type Part = Schema["PreviewedView"];

const SHOWN = 6;

/** What would become of the people concerned if this were done. */
export function Moves({ deed }: { deed: Deed }) {
  const query = useQuery({ queryKey: ["preview", wordOf(deed)], queryFn: () => tell(deed, { check: true }), staleTime: 30_000, retry: false });
  return (
    <Ask query={query} shape={<Rows count={4} />}>
      {(preview) => <Moved of={preview} />}
    </Ask>
  );
}

export function Moved({ of: { before, after } }: { of: Schema["SaidView"] }) {
  const words = useWords();
  const format = useFormat();
  if (sameParts(before, after)) return <p className="w-plain"><State tone="idle">{words.moves.nothing}</State></p>;
  const same = new Set(before.map(partOf));
  const changed = after.filter((part) => !same.has(partOf(part)));
  return (
    <>
      <div className="w-moves">
        {changed.map((part) => <One key={part.profile_id} of={part} was={formerOf(part, before)} sources={sourcesOf(part, before)} />)}
      </div>
      {changed.length < after.length && <p className="w-meta w-plain">{words.moves.others(after.length - changed.length, format.exact(after.length - changed.length))}</p>}
    </>
  );
}

const partOf = (part: Part) => [part.profile_id, ...part.identifiers.map(keyOf).sort()].join(" ");

/** The person that this one was, as far as there was one: under its id, or the one with most of its identifiers. */
function formerOf(part: Part, before: readonly Part[]): Part | undefined {
  return before.find((each) => each.profile_id === part.profile_id) ?? sourcesOf(part, before)[0];
}

const keyOf = ({ namespace, value }: Schema["NamedBy"]) => `${namespace}:${value}`;

function sourcesOf(part: Part, before: readonly Part[]): readonly Part[] {
  const mine = new Set(part.identifiers.map(keyOf));
  return before.filter((each) => each.identifiers.some((one) => mine.has(keyOf(one))));
}

function sameParts(before: readonly Part[], after: readonly Part[]): boolean {
  const told = (parts: readonly Part[]) => parts.map(partOf).sort().join("\n");
  return told(before) === told(after);
}

const called = (part: Part) => nameOf({ name: nameFromTraits(part.traits), identifiers: part.identifiers }) || bestIdentifier(part.identifiers) || part.identifiers[0]?.value;

function One({ of, was, sources }: { of: Part; was: Part | undefined; sources: readonly Part[] }) {
  const words = useWords();
  const format = useFormat();
  const merged = sources.length > 1;
  const born = was?.profile_id !== of.profile_id;
  const changes = traitChanges(of, was);
  const note = merged ? format.list(sources.map((each) => called(each) ?? words.people.nameless)) : born ? words.moves.goes : words.moves.stays;
  return (
    <section className="w-moved" aria-label={called(of) ?? words.people.nameless}>
      <header>
        <strong className="w-cut"><bdi>{called(of) ?? words.people.nameless}</bdi></strong>
        <span className="w-meta">{note}</span>
      </header>
      <Facts
        rows={[
          [words.moves.identifiers, <Some key="i" of={of.identifiers.map((each) => each.value)} />],
          [words.moves.facts, <span key="f" className="w-row"><Num value={of.events} />{was && was.events !== of.events && <span className="w-meta">{format.change(of.events - was.events)}</span>}</span>],
          [words.moves.audiences, <Some key="a" of={audienceChanges(of, was, words)} none={was && of.audiences.length === was.audiences.length ? words.moves.unchanged : words.moves.none} />],
          [words.moves.consents, <Some key="c" of={of.consents.map(({ purpose, granted }) => `${purpose}: ${granted ? words.moves.yes : words.moves.no}`)} />],
          [words.moves.traits, <Some key="t" of={changes} none={words.moves.unchanged} />],
        ]}
      />
    </section>
  );
}

function audienceChanges(of: Part, was: Part | undefined, words: Words): readonly string[] {
  const before = new Set(was?.audiences);
  const after = new Set(of.audiences);
  return [
    ...of.audiences.filter((name) => !before.has(name)).map((name) => `+ ${name}`),
    ...(was?.audiences ?? []).filter((name) => !after.has(name)).map((name) => `− ${name}`),
  ].map((each) => each + (each.startsWith("+") ? ` (${words.moves.enters})` : ` (${words.moves.leaves})`));
}

function traitChanges(of: Part, was: Part | undefined): readonly string[] {
  const before = was?.traits ?? {};
  const names = [...new Set([...Object.keys(before), ...Object.keys(of.traits)])].sort();
  return names
    .filter((name) => plain(before[name]) !== plain(of.traits[name]))
    .map((name) => `${name}: ${plain(before[name])} → ${plain(of.traits[name])}`);
}

function Some({ of, none }: { of: readonly string[]; none?: string | undefined }) {
  const words = useWords();
  const format = useFormat();
  if (of.length === 0) return <span className="w-meta">{none ?? words.moves.none}</span>;
  return (
    <ul className="w-some">
      {of.slice(0, SHOWN).map((each) => <li key={each} className="w-cut" title={each}><bdi>{each}</bdi></li>)}
      {of.length > SHOWN && <li className="w-meta" title={of.slice(SHOWN).join("\n")}>{words.moves.more(format.exact(of.length - SHOWN))}</li>}
    </ul>
  );
}
