import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { Section } from "@/ui/page";
import { Num, State, type Tone } from "@/ui/values";
import { useFormat, useWords } from "@/words";

type Item = Schema["Attention"];

const TONES: Record<Item["severity"], Tone> = { critical: "bad", warning: "warn", info: "idle" };

/** Where each kind is mended. */
function Where({ item }: { item: Item }) {
  const words = useWords();
  switch (item.kind) {
    case "circuit_open":
    case "dead_letters":
    case "in_doubt":
      return <Link to="/destinations/$name" params={{ name: item.subject }}>{words.acts.open}</Link>;
    case "quarantine":
      return <Link to="/quarantine" search={{ reason: item.subject } as never}>{words.acts.open}</Link>;
    case "sql_run":
      return <Link to="/traits/$name" params={{ name: item.subject }}>{words.acts.open}</Link>;
    default:
      return <Link to="/settings">{words.acts.open}</Link>;
  }
}

export function Attention({ items }: { items: readonly Item[] }) {
  const words = useWords();
  const format = useFormat();
  const told = ({ kind, subject, parameters }: Item) =>
    words.overview.attentionOf(kind, subject, (name) => {
      const value = parameters[name];
      if (typeof value !== "number") return String(value ?? "");
      return name.endsWith("_bytes") ? format.bytes(value) : format.exact(Math.round(value * 10) / 10);
    });
  if (items.length === 0) return <div className="w-calm"><State tone="good">{words.overview.calm}</State></div>;
  return (
    <Section title={words.overview.attention} meta={<Num value={items.length} />}>
      <ul className="w-attention">
        {items.map((item) => {
          const { what, todo } = told(item);
          return (
            <li key={`${item.kind}-${item.subject}-${todo}`}>
              <State tone={TONES[item.severity]}><span className="w-hidden">{words.overview.severities[item.severity]}</span></State>
              <span>
                <bdi className="what">{what}</bdi> <bdi className="w-meta">{todo}</bdi>
              </span>
              <Where item={item} />
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
