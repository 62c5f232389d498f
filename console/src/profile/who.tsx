import { useState } from "react";
import type { Schema } from "@/api/client";
import { Copy } from "@/ui/code";
import { Facts, Section } from "@/ui/page";
import { Ago, Num, Sure } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { groupedBy } from "./lines";
import { rankOf } from "./name";

type Profile = Schema["ProfileView"];
type Identifier = Schema["IdentifierView"];

const SHOWN = 4;
function grouped(identifiers: readonly Identifier[]): readonly (readonly [string, readonly Identifier[]])[] {
  const groups = groupedBy(identifiers, (each) => each.namespace);
  return [...groups].sort(([a], [b]) => rankOf(a) - rankOf(b) || a.localeCompare(b));
}

/** Everything that names this person, and how sure that is. */
export function Who({ of }: { of: Profile }) {
  const words = useWords();
  return (
    <Section title={words.person.who} meta={<Num value={of.identifiers.length} />}>
      <div className="w-who">
        {grouped(of.identifiers).map(([namespace, identifiers]) => (
          <Group key={namespace} namespace={namespace} identifiers={identifiers} />
        ))}
      </div>
      <Facts
        rows={[
          [words.person.profileId, <span className="w-row" key="id"><span className="w-mono">{of.id}</span><Copy text={of.id} /></span>],
          [words.person.merged, of.merged_from.length === 0 ? null : <span className="w-mono" key="merged">{of.merged_from.join(" ")}</span>],
          [words.person.asOf, <Ago at={of.as_of} key="as-of" />],
        ]}
      />
    </Section>
  );
}

function Group({ namespace, identifiers }: { namespace: string; identifiers: readonly Identifier[] }) {
  const words = useWords();
  const format = useFormat();
  const [all, setAll] = useState(false);
  const shown = all ? identifiers : identifiers.slice(0, SHOWN);
  return (
    <section aria-label={namespace}>
      <h3 className="w-meta"><bdi>{namespace}</bdi></h3>
      <ul>
        {shown.map((each) => <One key={each.value} of={each} />)}
      </ul>
      {shown.length < identifiers.length && (
        <button type="button" className="w-link w-meta" onClick={() => setAll(true)}>
          {words.person.showAll(format.exact(identifiers.length))}
        </button>
      )}
    </section>
  );
}

function One({ of }: { of: Identifier }) {
  const words = useWords();
  const format = useFormat();
  return (
    <li>
      <span className="value">
        <bdi className="w-cut" title={of.value}>{of.value}</bdi>
        <Copy text={of.value} />
      </span>
      <span className="w-meta told">
        <Sure share={of.confidence} />
        {of.first_seen_at === null ? (
          words.person.notSeen
        ) : (
          <>
            <span>{words.person.since} <Ago at={of.first_seen_at} /></span>
            <span>{words.person.lastSeen} <Ago at={of.last_seen_at} /></span>
            <span title={format.exact(of.events)}>{words.units.eventsOf(of.events, format.short(of.events))}</span>
          </>
        )}
      </span>
    </li>
  );
}
