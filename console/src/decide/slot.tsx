import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api } from "@/api/client";
import { useMay } from "@/frame/session";
import { Json } from "@/ui/code";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { Num } from "@/ui/values";
import { useLanguage, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { useDecideWords } from "@/words/decide";
import { Editor } from "./editor";
import type { Slot } from "./slots";
import { Trial } from "./trial";

const START = { purpose: "personalisation", held_back: [], offers: [{ name: "first", show: { title: "…" } }] };

const NO_OFFER = ["default", "unknown_person", "held_back", "no_consent"] as const;

function useClose(): () => void {
  const navigate = useNavigate();
  return () => void navigate({ to: "/slots" } as never);
}

export function NewSlot() {
  const words = useDecideWords();
  const close = useClose();
  return <Detail title={words.add} close={close}><Editor first={START} version="" done={close} /></Detail>;
}

export function OneSlot() {
  const all = useWords();
  const close = useClose();
  const { name = "" } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/slots", {});
  return (
    <Detail title={name} close={close}>
      <Ask query={query}>
        {(slots) => {
          const slot = slots.find((each) => each.name === name);
          return slot ? <Shown slot={slot} close={close} /> : <p>{all.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ slot, close }: { slot: Slot; close: () => void }) {
  const words = useDecideWords();
  const building = useBuilderWords();
  const mayLook = useMay("profiles");
  return (
    <>
      {slot.description && <p className="w-rule"><bdi>{slot.description}</bdi></p>}
      <Section title={words.offers} meta={<>{words.purpose}: <bdi>{slot.purpose}</bdi></>}><Offers slot={slot} /></Section>
      {slot.held_back.length > 0 && (
        <Section title={words.heldBack}>
          <ul className="w-list">{slot.held_back.map((each) => <li key={each}><InAudience name={each} /></li>)}</ul>
        </Section>
      )}
      <Section title={words.otherwise} meta={words.today}>
        <Facts rows={NO_OFFER.map((ground) => [words.grounds[ground], <Num value={slot.otherwise[ground]?.today ?? 0} />] as const)} />
      </Section>
      {mayLook && <Section title={words.tryIt}><Trial name={slot.name} /></Section>}
      <Section title={building.definition}><Editor key={slot.version} first={slot.definition} version={slot.version} done={close} /></Section>
    </>
  );
}

function Offers({ slot }: { slot: Slot }) {
  const words = useDecideWords();
  const { language } = useLanguage();
  return (
    <ul className="w-list">
      {slot.offers.map((offer) => (
        <li key={offer.name}>
          <span>
            <strong><bdi>{offer.name}</bdi></strong>{" "}
            {offer.audience ? <InAudience name={offer.audience} /> : <span className="w-meta">{words.everybody}</span>}
          </span>
          {offer.sentence[language] && <span className="w-meta">{offer.sentence[language]}</span>}
          <Json value={offer.show} label={words.shows} />
          <Facts rows={[[words.today, <Num value={offer.shown.today} />], [words.week, <Num value={offer.shown.week} />]]} />
        </li>
      ))}
    </ul>
  );
}

export function InAudience({ name }: { name: string }) {
  return <Link to={`/audiences/${name}` as never}><bdi>{name}</bdi></Link>;
}
