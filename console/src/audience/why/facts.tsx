import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { preview } from "@/collect/preview";
import { useFormat, useWords } from "@/words";
import { useWhyWords } from "@/words/why";

const SHOWN = 3;

type FactsOf = Schema["FactsView"];

/** The events and records that a clause counts, the newest first; those of a sequence stand apart. counted: the number that is told already. */
export function Behind({ facts, counted }: { facts: readonly FactsOf[]; counted: unknown }) {
  const words = useWhyWords();
  return facts.map((each, side) => <Side key={side} of={each} name={facts.length > 1 ? words.sides[side] : undefined} told={counted === each.count} />);
}

function Side({ of, name, told }: { of: FactsOf; name: string | undefined; told: boolean }) {
  const words = useWhyWords();
  const all = useWords();
  const format = useFormat();
  const [whole, setWhole] = useState(false);
  const shown = whole ? of.newest : of.newest.slice(0, SHOWN);
  const hidden = of.newest.length - shown.length;
  if (told && of.count === 0) return null;
  return (
    <div className="w-behind">
      {!told && <span className="w-meta">{name && <strong>{name} · </strong>}{of.count === 0 ? words.none : all.units.eventsOf(of.count, format.exact(of.count))}</span>}
      {shown.length > 0 && <ol>{shown.map((each) => <OneFact key={each.position} of={each} />)}</ol>}
      {hidden > 0 && <button type="button" className="w-link w-meta" onClick={() => setWhole(true)}>{words.more(format.exact(hidden))}</button>}
      {whole && of.count > of.newest.length && <span className="w-meta">{words.older(format.exact(of.count - of.newest.length))}</span>}
    </div>
  );
}

function OneFact({ of }: { of: Schema["FactView"] }) {
  const all = useWords();
  const format = useFormat();
  return (
    <li>
      <time className="w-meta w-num" dateTime={of.occurred_at} title={format.moment(of.occurred_at)}>{format.hour(of.occurred_at)}</time>
      <span className="w-cut">
        <Link to="/live/$position" params={{ position: String(of.position) }}><bdi>{of.name || all.types[of.type] || of.type}</bdi></Link>{" "}
        <bdi className="w-meta">{preview(of.properties)}</bdi>
      </span>
      <bdi className="w-meta">{of.source}</bdi>
    </li>
  );
}
