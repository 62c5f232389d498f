import type { ReactNode } from "react";
import { useEffect, useId } from "react";
import { useWords } from "@/words";

/** Longer titles may not fit in their two lines. */
const CLAMPED = 60;

interface PageProps {
  title: string;
  about?: ReactNode;
  acts?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Page({ title, about, acts, wide = false, children }: PageProps) {
  const words = useWords();
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title, words.product]);
  return (
    <div className={wide ? "w-page wide" : "w-page"}>
      <div className="w-head">
        <h1 title={title.length > CLAMPED ? title : undefined}><bdi>{title}</bdi></h1>
        {about && <div className="about">{about}</div>}
        {acts && <div className="acts">{acts}</div>}
      </div>
      {children}
    </div>
  );
}

interface SectionProps {
  title: string;
  meta?: ReactNode;
  acts?: ReactNode;
  children: ReactNode;
}

export function Section({ title, meta, acts, children }: SectionProps) {
  const id = useId();
  return (
    <section className="w-section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {meta && <span className="w-meta">{meta}</span>}
        {acts && <div className="acts">{acts}</div>}
      </header>
      {children}
    </section>
  );
}

interface Figure {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  colour?: string;
}

export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className="w-figures">
      {figures.map((each) => (
        <div key={each.name}>
          <dt>
            {each.colour && <Key colour={each.colour} />}
            {each.name}
          </dt>
          <dd>{each.value}</dd>
          {each.note && <dd>{each.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** The square that ties a word to its colour in a chart. An SVG, as a style attribute may not colour it. */
export function Key({ colour }: { colour: string }) {
  return (
    <svg className="w-key" width="8" height="8" aria-hidden="true">
      <rect width="8" height="8" rx="2" fill={colour} />
    </svg>
  );
}

export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="w-facts">
      {rows.map(([name, value]) => (
        <div key={name} hidden={value === null} className="w-fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
