import type { Schema } from "@/api/client";
import { useFormat, useWords } from "@/words";

const HALF_PX = 36;

/** A signed bar around a middle line: to the right it speaks for one person, to the left against. */
export function Bits({ value, most }: { value: number | null; most: number }) {
  const format = useFormat();
  if (value === null) return null;
  const long = Math.max(1, (Math.min(Math.abs(value), most) / Math.max(most, 1)) * HALF_PX);
  return (
    <span className="w-bits">
      <svg width={2 * HALF_PX + 1} height="12" aria-hidden="true">
        <rect x={HALF_PX} width="1" height="12" fill="var(--mantine-color-dimmed)" />
        <rect x={value < 0 ? HALF_PX - long : HALF_PX + 1} y="3" width={long} height="6" rx="1" fill={value < 0 ? "var(--w-exited)" : "var(--w-entered)"} />
      </svg>
      <span className="w-num">{format.change(Math.round(value * 10) / 10)}</span>
    </span>
  );
}

const WIDE = 220;
const HIGH = 48;
const PAD = 4;

/** The confidence after each piece of evidence as steps, between the thresholds. */
export function History({ of, merge, review }: { of: readonly Schema["EvidenceView"][]; merge: number; review: number }) {
  const words = useWords();
  const format = useFormat();
  if (of.length === 0) return null;
  const points = of.map((each) => ({ at: Date.parse(each.observed_at), share: each.confidence }));
  const first = Math.min(...points.map((each) => each.at));
  const span = Math.max(Date.now() - first, 1);
  const x = (at: number) => PAD + ((at - first) / span) * (WIDE - 2 * PAD);
  const y = (share: number) => HIGH - PAD - share * (HIGH - 2 * PAD);
  const path = points.map((each, index) => `${index === 0 ? "M" : "L"}${x(each.at)} ${index === 0 ? y(each.share) : y(points[index - 1]?.share ?? each.share)}V${y(each.share)}`).join("") + `H${WIDE - PAD}`;
  const told = of.map((each) => `${format.moment(each.observed_at)}: ${format.share(each.confidence)}`).join("; ");
  return (
    <figure className="w-history">
      <svg width={WIDE} height={HIGH} role="img" aria-label={`${words.reviews.history}. ${told}`}>
        <title>{told}</title>
        {[merge, review].map((each) => <line key={each} x1={PAD} x2={WIDE - PAD} y1={y(each)} y2={y(each)} stroke="var(--w-line)" strokeDasharray="3 3" />)}
        <path d={path} fill="none" stroke="var(--w-accent)" strokeWidth="2" />
        {points.map((each, index) => <circle key={index} cx={x(each.at)} cy={y(each.share)} r="3" fill="var(--w-accent)" />)}
      </svg>
      <figcaption className="w-meta">{words.reviews.thresholds(format.share(review), format.share(merge))}</figcaption>
    </figure>
  );
}
