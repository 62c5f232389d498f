import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { Bars, calledOf } from "@/audience/preview/breakdown";
import { History } from "@/audience/history";
import { usePreview } from "@/audience/preview/counted";
import { Used } from "@/audience/used";
import { useMay } from "@/frame/session";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import { Ago, Clock, Num, State } from "@/ui/values";
import { useLanguage, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { Editor } from "./editor";
import { type Computed, saidOf } from "./traits";

const START = { kind: "count", event: "Order Completed", window: "30d" };

export function NewTrait() {
  const words = useBuilderWords();
  const navigate = useNavigate();
  const close = () => void navigate({ to: "/traits", search: true } as never);
  return <Detail title={words.newTrait} close={close}><Editor first={START} version="" done={close} /></Detail>;
}

export function OneTrait() {
  const all = useWords();
  const navigate = useNavigate();
  const { name = "" } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/traits", {});
  const close = () => void navigate({ to: "/traits", search: true } as never);
  return (
    <Detail title={name} close={close}>
      <Ask query={query}>
        {(traits) => {
          const trait = traits.find((each) => each.name === name);
          return trait ? <Shown trait={trait} close={close} /> : <p>{all.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ trait, close }: { trait: Computed; close: () => void }) {
  const all = useWords();
  const words = useBuilderWords();
  const { language } = useLanguage();
  const mayLook = useMay("profiles");
  return (
    <>
      <p className="w-rule">{saidOf(trait, language)}</p>
      {trait.run && <Run of={trait.run} />}
      {trait.traits.length + trait.reads.length > 0 && <Section title={words.readsFrom}>
        <ul className="w-list">
          {trait.traits.map((each) => <li key={each}><span><span className="w-meta">{words.kinds.trait}</span> <Link to={`/traits/${each}` as never}><bdi>{each}</bdi></Link></span></li>)}
          {trait.reads.map((each) => (
            <li key={`${each.type}:${each.name}`}>
              <span><span className="w-meta">{all.types[each.type] ?? each.type}</span> <Link to={`/catalogue/events/${each.type}/${encodeURIComponent(each.name || "-")}` as never}><bdi>{each.name || each.type}</bdi></Link></span>
              {each.properties.length > 0 && <span className="w-mono w-dim">{each.properties.join(", ")}</span>}
            </li>
          ))}
        </ul>
      </Section>}
      <Used by={trait.used_by} />
      {mayLook && trait.type && <Distribution name={calledOf(trait)} />}
      <Section title={words.definition}><Editor key={trait.version} first={trait.definition} version={trait.version} done={close} /></Section>
      <History kind="traits" name={trait.name} />
    </>
  );
}

/** How the SQL of a trait went: what failed says so, and of when the values are. */
function Run({ of }: { of: NonNullable<Computed["run"]> }) {
  const words = useBuilderWords().sqlRun;
  return (
    <Section title={words.title}>
      {of.fault && <p><State tone="bad">{words.fault}</State> <bdi>{of.fault}</bdi></p>}
      <Facts
        rows={[
          [words.computed, of.computed_at ? <Ago at={of.computed_at} /> : words.never],
          [words.tried, <Ago at={of.tried_at} />],
          [words.next, <Clock at={of.next_at} />],
          [words.profiles, <Num value={of.profiles} />],
          ...(of.unknown > 0 ? [[words.unknown, <Num value={of.unknown} />] as const] : []),
        ]}
      />
    </Section>
  );
}

/** How everybody spreads over the values of the trait. */
function Distribution({ name }: { name: string }) {
  const words = useBuilderWords();
  const { preview, problem } = usePreview(useMemo(() => ({ who: { any: [{ trait: name, exists: true }, { trait: name, exists: false }] }, traits: [name], sample: 0, overlaps: false, reach: false }), [name]));
  const found = preview?.breakdowns.find((each) => each.trait === name);
  return (
    <Section title={words.distribution} meta={words.distributionMeta}>
      {problem !== null ? <Failed error={problem} /> : found ? <Bars of={found} /> : <span className="w-meta" role="status">{words.beingCounted}</span>}
    </Section>
  );
}
