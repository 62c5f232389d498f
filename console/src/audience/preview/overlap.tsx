import { Link } from "@tanstack/react-router";
import { Section } from "@/ui/page";
import { Num, Text } from "@/ui/values";
import { useFormat } from "@/words";
import { useBuilderWords } from "@/words/builder";
import type { Preview } from "./counted";

const SHOWN = 5;
const WIDTH = 96;
const HEIGHT = 40;
const MOST_RADIUS = 18;

/** How far two circles of these radii stand apart so that they share this area: halved until it fits. */
function distance(a: number, b: number, shared: number): number {
  let [low, high] = [Math.abs(a - b), a + b];
  for (let turn = 0; turn < 32; turn++) {
    const middle = (low + high) / 2;
    if (lens(a, b, middle) > shared) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The area that two circles share: the two segments on either side of their chord. */
function lens(a: number, b: number, d: number): number {
  if (d >= a + b) return 0;
  if (d <= Math.abs(a - b)) return Math.PI * Math.min(a, b) ** 2;
  const one = Math.acos((d * d + a * a - b * b) / (2 * d * a));
  const other = Math.acos((d * d + b * b - a * a) / (2 * d * b));
  return a * a * (one - Math.sin(2 * one) / 2) + b * b * (other - Math.sin(2 * other) / 2);
}

/** Two circles, their areas and what they share true to scale. */
function Circles({ mine, other, both }: { mine: number; other: number; both: number }) {
  const scale = MOST_RADIUS / Math.sqrt(Math.max(mine, other, 1));
  const [a, b] = [Math.sqrt(mine) * scale, Math.sqrt(other) * scale];
  const apart = distance(a, b, Math.PI * both * scale * scale);
  const left = (WIDTH - (apart + a + b)) / 2 + a;
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <circle cx={left} cy={HEIGHT / 2} r={a} fill="var(--w-accent)" fillOpacity=".45" stroke="var(--w-accent)" />
      <circle cx={left + apart} cy={HEIGHT / 2} r={b} fill="var(--w-quarantined)" fillOpacity=".3" stroke="var(--w-quarantined)" />
    </svg>
  );
}

/** The audiences that share most people with the rule. own: the one that the rule is of. */
export function Overlaps({ preview, own = "" }: { preview: Preview; own?: string }) {
  const words = useBuilderWords();
  const format = useFormat();
  const shared = preview.overlaps.filter((each) => each.both > 0 && each.audience !== own).sort((one, other) => other.jaccard - one.jaccard || other.both - one.both).slice(0, SHOWN);
  if (preview.size === 0) return null;
  return (
    <Section title={words.overlap} meta={shared.length > 0 ? words.overlapMeta : undefined}>
      {shared.length === 0 && <span className="w-meta">{words.noOverlap}</span>}
      <ul className="w-list w-overlaps">
        {shared.map((each) => (
          <li key={each.audience}>
            <Circles mine={preview.size} other={each.size} both={each.both} />
            <Link to="/audiences/$name" params={{ name: each.audience }}><Text value={each.audience} /></Link>
            <span className="w-meta"><Num value={each.both} /> · {words.shareOfThese(format.share(each.both / preview.size))}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
