import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { nameOf } from "@/profile/name";
import { Section } from "@/ui/page";
import { type Column, Table } from "@/ui/table";
import { Num, Text } from "@/ui/values";
import { type useFormat, useWords, type Words } from "@/words";

type Would = Schema["WouldView"];
type Sample = Schema["SampleView"];
type Party = Schema["PartyView"];
type Format = Pick<ReturnType<typeof useFormat>, "exact">;

const AT_FIRST = 10;

/** What the rules would do, in a sentence: people first, then what else changes. */
export function sentenceOf(of: Would, words: Words, format: Format): string {
  const told = words.idRules.does;
  const count = (n: number) => format.exact(n);
  const parts = [
    of.merging > 0 && told.merges(of.merging, count(of.merging), count(of.into)),
    of.splitting > 0 && told.splits(of.splitting, count(of.splitting), count(of.parts)),
    of.generic.new > 0 && told.generic(of.generic.new, count(of.generic.new)),
    of.generic.gone > 0 && told.notGeneric(of.generic.gone, count(of.generic.gone)),
    of.blocked.new > 0 && told.blocked(of.blocked.new, count(of.blocked.new)),
    of.blocked.gone > 0 && told.notBlocked(of.blocked.gone, count(of.blocked.gone)),
    of.questions.new > 0 && told.asks(of.questions.new, count(of.questions.new)),
    of.questions.gone > 0 && told.asksNoMore(of.questions.gone, count(of.questions.gone)),
  ].filter((each): each is string => each !== false);
  return parts.length === 0 ? told.nothing : told.all(parts);
}

export function Would({ of, format }: { of: Would; format: Format }) {
  const words = useWords();
  const told = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    told.current?.scrollIntoView({ block: "center" }); // returns a promise in newer browsers, which is no clean-up
  }, [of]);
  return (
    <Section title={words.idRules.result} meta={words.idRules.people(format.exact(of.before), format.exact(of.after))}>
      <p ref={told} className="w-plain w-would" role="status">{sentenceOf(of, words, format)}</p>
      {of.replay && <p className="w-note">{words.idRules.replay}</p>}
      {of.causes.length > 0 && (
        <Table label={words.idRules.because} rows={of.causes} columns={causes(words)} id={(row) => `${row.why} ${row.namespace}`} />
      )}
      <Samples title={words.idRules.merges} of={of.merges} total={of.into} format={format} />
      <Samples title={words.idRules.splits} of={of.splits} total={of.splitting} format={format} />
      <SharedValues title={words.idRules.becoming} of={of.becoming} />
      <SharedValues title={words.idRules.ceasing} of={of.ceasing} />
    </Section>
  );
}

function causes(words: Words): readonly Column<Schema["BecauseView"]>[] {
  return [
    { id: "why", head: words.idRules.because, cell: (row) => words.idRules.causes[row.why] ?? row.why },
    { id: "namespace", head: words.columns.kind, cell: (row) => <span className="w-mono">{row.namespace}</span> },
    { id: "merging", head: words.idRules.merges, align: "right", fit: true, cell: (row) => <Num value={row.merging} /> },
    { id: "splitting", head: words.idRules.splits, align: "right", fit: true, cell: (row) => <Num value={row.splitting} /> },
  ];
}

function Samples({ title, of, total, format }: { title: string; of: readonly Sample[]; total: number; format: Format }) {
  const words = useWords();
  const [all, setAll] = useState(false);
  if (of.length === 0) return null;
  const shown = all ? of : of.slice(0, AT_FIRST);
  return (
    <div className="w-samples">
      <h3 className="w-plain">{title} <span className="w-meta">{shown.length < total ? words.idRules.shown(format.exact(shown.length), format.exact(total)) : format.exact(total)}</span></h3>
      {shown.map((each) => (
        <details key={each.whole.profile_id}>
          <summary>
            <Person of={each.whole} plain /> <span className="w-meta">{words.idRules.parties(each.people, format.exact(each.people))}</span>
          </summary>
          <ul>
            {each.parties.map((party) => <li key={party.profile_id}><Person of={party} /></li>)}
            {each.people > each.parties.length && <li className="w-meta">{words.moves.more(format.exact(each.people - each.parties.length))}</li>}
          </ul>
          {each.ties.map((tie) => (
            <p key={tie.key} className="w-plain w-meta">
              <span className="w-mono">{tie.left.namespace}:{tie.left.value} – {tie.right.namespace}:{tie.right.value}</span> · {words.idRules.causes[tie.why] ?? tie.why} · {tie.confidence.toFixed(3)}
            </p>
          ))}
        </details>
      ))}
      {shown.length < of.length && <p className="w-plain"><Button size="compact-sm" variant="subtle" onClick={() => setAll(true)}>{words.acts.more}</Button></p>}
    </div>
  );
}

function Person({ of, plain = false }: { of: Party; plain?: boolean }) {
  const words = useWords();
  const name = nameOf(of) || words.people.nameless;
  const named = of.identifiers.map((each) => `${each.namespace}:${each.value}`).join(" ");
  return (
    <>
      {of.exists && !plain ? <Link to="/people/$profile" params={{ profile: of.profile_id }} target="_blank" dir="auto">{name}</Link> : <bdi>{of.exists || plain ? name : words.moves.newPerson}</bdi>}
      {!plain && <> <span className="w-mono w-meta">{named}{of.size > of.identifiers.length ? " …" : ""}</span></>}
    </>
  );
}

function SharedValues({ title, of }: { title: string; of: readonly Schema["SharedByView"][] }) {
  const words = useWords();
  if (of.length === 0) return null;
  const columns: readonly Column<Schema["SharedByView"]>[] = [
    { id: "namespace", head: words.columns.kind, fit: true, cell: (row) => <Text value={row.identifier.namespace} /> },
    { id: "value", head: title, cell: (row) => <Text value={row.identifier.value} /> },
    { id: "people", head: words.columns.size, align: "right", fit: true, cell: (row) => <Num value={row.people} /> },
  ];
  return <Table label={title} rows={of} columns={columns} id={(row) => `${row.identifier.namespace}:${row.identifier.value}`} height={240} />;
}
