import type { Schema } from "@/api/client";
import { Section } from "@/ui/page";
import { Ago, State, Text } from "@/ui/values";
import { type Language, useFormat, useLanguage, useWords } from "@/words";

type Moment = Schema["ContextView"];

const BAR_PX = 96;
const UNITS = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]] as const;

/** What holds now and fades, apart from the traits that last; nothing is shown of who has none. */
export function RightNow({ of }: { of: Record<string, Moment> }) {
  const words = useWords();
  const moments = Object.entries(of);
  if (moments.length === 0) return null;
  return (
    <Section title={words.moment.title} meta={words.moment.meta}>
      <ul className="w-list">{moments.map(([name, each]) => <One key={name} name={name} of={each} />)}</ul>
    </Section>
  );
}

function One({ name, of }: { name: string; of: Moment }) {
  const words = useWords().moment;
  const format = useFormat();
  const { language } = useLanguage();
  return (
    <li>
      <span className="w-row">
        <span className="w-meta"><Text value={name} /></span>
        <strong><Text value={of.value} /></strong>
        <span className="end"><Fresh share={of.strength} title={words.halves(lifeOf(of.half_life_seconds, language))} /></span>
      </span>
      <span className="w-row w-meta">
        <Ago at={of.at} />
        {of.share != null && of.share < 1 && <span>{words.share(format.share(of.share))}</span>}
        {of.beside && of.known != null && (
          of.conflict
            ? <State tone="warn">{words.differs} <bdi>{of.beside}</bdi>: <bdi>{of.known}</bdi></State>
            : <span>{words.agrees} <bdi>{of.beside}</bdi></span>
        )}
      </span>
    </li>
  );
}

/** How fresh a value is, as a bar that empties. */
function Fresh({ share, title }: { share: number; title: string }) {
  const words = useWords().moment;
  const format = useFormat();
  return (
    <span className="w-sure" title={title}>
      <svg width={BAR_PX} height="6" aria-hidden="true">
        <rect width={BAR_PX} height="6" rx="3" fill="var(--w-line)" />
        <rect width={Math.max(0, Math.min(1, share)) * BAR_PX} height="6" rx="3" fill="var(--w-accent)" />
      </svg>
      <span className="w-meta">{words.fresh(format.share(share))}</span>
    </span>
  );
}

function lifeOf(seconds: number, language: Language): string {
  const [size, unit] = UNITS.find(([size]) => seconds % size === 0) ?? UNITS[3];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}
