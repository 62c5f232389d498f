import { Link } from "@tanstack/react-router";
import { nameOf } from "@/profile/name";
import { Facts, Section } from "@/ui/page";
import { Failed } from "@/ui/states";
import { Ago, Num, Text } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import type { Counted, Preview } from "./counted";
import { Overlaps } from "./overlap";

/** What the rule comes to: how many, who, whom else it shares them with, whom one could reach. */
export function PreviewPanel({ counted, told, own }: { counted: Counted; told: boolean; own: string }) {
  const words = useBuilderWords();
  const { preview, problem, stale } = counted;
  // A fault of the rule stands at its row; what failed otherwise is told here.
  const failed = problem !== null && problem.status !== 400;
  return (
    <div className={stale ? "w-counted stale" : "w-counted"} aria-busy={stale}>
      {failed && <Failed error={problem} />}
      <Size preview={preview} />
      {preview?.state === "counted" && (
        <>
          {preview.warnings.map((each) => <p key={each} className="w-note w-plain">{each}</p>)}
          {told && <Sample preview={preview} />}
          <Overlaps preview={preview} own={own} />
          <Reach preview={preview} />
        </>
      )}
      {!preview && !problem && <span className="w-meta">{words.nothingYet}</span>}
    </div>
  );
}

function Size({ preview }: { preview: Preview | undefined }) {
  const words = useBuilderWords();
  const format = useFormat();
  const counting = preview?.state === "counting";
  return (
    <div className="w-size" role="status">
      <strong>{counting || !preview ? "–" : format.exact(preview.size)}</strong>
      <span className="w-meta">
        {counting ? words.counting(format.short(preview.read), format.short(preview.of)) : preview ? words.ofAll(format.exact(preview.of), format.share(preview.of ? preview.size / preview.of : 0)) : words.people}
      </span>
    </div>
  );
}

function Sample({ preview }: { preview: Preview }) {
  const words = useBuilderWords();
  const all = useWords();
  if (preview.sample.length === 0) return null;
  return (
    <Section title={words.sample}>
      <ul className="w-list w-sample">
        {preview.sample.map((each) => (
          <li key={each.profile_id}>
            <Link to="/people/$profile" params={{ profile: each.profile_id }}><Text value={nameOf(each) || all.people.nameless} /></Link>
            <span className="w-meta"><Ago at={each.last_seen_at} /></span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Reach({ preview }: { preview: Preview }) {
  const words = useBuilderWords();
  const format = useFormat();
  if (preview.reach.length === 0) return null;
  return (
    <Section title={words.reach} meta={words.reachMeta}>
      <Facts
        rows={preview.reach.map((each) => [
          words.channels[each.channel] ?? each.channel,
          <span key={each.channel}>
            <Num value={each.addressed} />
            {Object.entries(each.purposes).map(([purpose, count]) => <span key={purpose} className="w-meta"> · {words.allowedFor(purpose, format.exact(count))}</span>)}
          </span>,
        ])}
      />
    </Section>
  );
}
