import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { Bars, calledOf } from "@/audience/preview/breakdown";
import { History } from "@/audience/history";
import { usePreview } from "@/audience/preview/counted";
import { Used } from "@/audience/used";
import { useMay } from "@/frame/session";
import { Detail } from "@/ui/drawer";
import { Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
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
      <Section title={words.readsFrom}>
        <ul className="w-list">
          {trait.traits.map((each) => <li key={each}><span><span className="w-meta">{words.kinds.trait}</span> <Link to={`/traits/${each}` as never}><bdi>{each}</bdi></Link></span></li>)}
          {trait.reads.map((each) => (
            <li key={`${each.type}:${each.name}`}>
              <span><span className="w-meta">{all.types[each.type] ?? each.type}</span> <Link to={`/catalogue/events/${each.type}/${encodeURIComponent(each.name || "-")}` as never}><bdi>{each.name || each.type}</bdi></Link></span>
              {each.properties.length > 0 && <span className="w-mono w-dim">{each.properties.join(", ")}</span>}
            </li>
          ))}
        </ul>
      </Section>
      <Used by={trait.used_by} />
      {mayLook && trait.type && <Distribution name={calledOf(trait)} />}
      <Section title={words.definition}><Editor key={trait.version} first={trait.definition} version={trait.version} done={close} /></Section>
      <History kind="traits" name={trait.name} />
    </>
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
