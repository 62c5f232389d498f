import { Link } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { Json } from "@/ui/code";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ago, Text } from "@/ui/values";
import { useFormat, useWords, type Words } from "@/words";

type Trait = Schema["TraitView"];
type Why = Schema["WhyView"];

/** Why a value survived: what decided, or that only time did. */
export function reasonOf(words: Words, why: Why, exact: (count: number) => string): string {
  const told = words.survivor[why.strategy](why.score, exact(why.score));
  return why.score > 0 && why.score === why.next_score ? `${told} ${words.survivor.tie}` : told;
}

/** One trait over the page: its value, where it came from, why it survived, and what lost against it. */
export function OneTrait({ person, of, close }: { person: string; of: Trait; close: () => void }) {
  const words = useWords();
  const format = useFormat();
  const query = api.useQuery("get", "/api/profiles/{name}/traits/{trait}", { params: { path: { name: person, trait: of.name } } });
  const shown = query.data ?? of;
  const computed = shown.kind === "computed";
  return (
    <Detail title={shown.name} close={close}>
      {typeof shown.value === "string" ? <p className="w-plain"><bdi>{shown.value}</bdi></p> : <Json value={shown.value} label={words.columns.value} />}
      <Facts
        rows={[
          [words.survivor.why, shown.why ? <span key="why">{reasonOf(words, shown.why, format.exact)}</span> : null],
          [words.survivor.strategy, shown.why ? <span key="strategy" className="w-mono">{shown.why.strategy}</span> : null],
          [words.columns.origin, computed ? words.person.computed : <Text key="origin" value={shown.source || words.person.fromIdentify} />],
          [words.person.definition, computed ? <span key="version" className="w-mono">{shown.version}</span> : null],
          [words.columns.identifiers, shown.identifier ? <Text key="identifier" value={`${shown.identifier.namespace}:${shown.identifier.value}`} /> : null],
          [words.columns.time, <Ago key="at" at={shown.at} />],
          [words.live.messageId, shown.message_id ? <span key="id" className="w-mono">{shown.message_id}</span> : null],
          [words.columns.event, shown.position === null ? null : <Open key="event" position={shown.position} />],
        ]}
      />
      {shown.others.length > 0 && (
        <Section title={words.person.others} meta={words.person.othersMeta}>
          <ul className="w-list">
            {shown.others.map((each, at) => <Other key={at} of={each} />)}
          </ul>
          {(shown.why?.dropped ?? 0) > 0 && <span className="w-meta">{words.survivor.dropped}</span>}
        </Section>
      )}
    </Detail>
  );
}

function Other({ of }: { of: Trait["others"][number] }) {
  return (
    <li>
      <span className="w-row">
        <Text value={of.value} />
        <span className="w-meta end"><Ago at={of.at} /></span>
      </span>
      <span className="w-row w-meta">
        {of.source && <Text value={of.source} />}
        <Text value={`${of.identifier.namespace}:${of.identifier.value}`} />
        {of.position !== null && <span className="end"><Open position={of.position} /></span>}
      </span>
    </li>
  );
}

function Open({ position }: { position: number }) {
  const words = useWords();
  return <Link to="/live/$position" params={{ position: String(position) }}>{words.acts.open}</Link>;
}
