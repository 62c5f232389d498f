import type { Schema } from "@/api/client";
import { paint } from "@/ui/colours";
import { useFormat, useWords } from "@/words";

const WIDE = 100;
const HIGH = 16;

/** Of the questions that were so sure, how many were one person: predicted and observed, each with its count. */
export function Calibration({ of }: { of: Schema["CalibrationView"] }) {
  const words = useWords();
  const format = useFormat();
  if (of.answers === 0) return <span className="w-meta">{words.quality.noAnswers}</span>;
  return (
    <>
      <table className="w-bars w-calibration">
        <thead>
          <tr>
            <th scope="col">{words.reviews.confidence}</th>
            <th scope="col" colSpan={2}>{words.quality.observed}</th>
            <th scope="col">{words.quality.predicted}</th>
            <th scope="col">{words.quality.answers}</th>
          </tr>
        </thead>
        <tbody>
          {of.bins.map((each) => (
            <tr key={each.least}>
              <th scope="row">{words.quality.range(format.share(each.least), format.share(each.least + 0.1))}</th>
              <td aria-hidden="true">
                <svg width="100%" height={HIGH} preserveAspectRatio="none" viewBox={`0 0 ${WIDE} ${HIGH}`}>
                  <title>{words.quality.interval(format.share(each.low), format.share(each.high))}</title>
                  <rect width={WIDE} y="7" height="2" fill="var(--w-line)" />
                  <rect x={each.low * WIDE} y="6" width={Math.max(0.5, (each.high - each.low) * WIDE)} height="4" fill={paint("--w-known")} opacity="0.35" />
                  <rect x={Math.min(WIDE - 1, each.observed * WIDE)} y="2" width="1" height="12" fill={paint("--w-known")} />
                  <rect x={Math.min(WIDE - 1, each.predicted * WIDE)} y="2" width="1" height="12" fill={paint("--w-quarantined")} />
                </svg>
              </td>
              <td className="w-num">{format.share(each.observed)}</td>
              <td className="w-num">{format.share(each.predicted)}</td>
              <td className="w-num">{format.exact(each.answers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <span className="w-meta">
        {of.ece === null ? words.quality.tooFew(of.answers, format.exact(of.answers), format.exact(of.enough)) : words.quality.ece(format.share(of.ece), format.exact(of.answers))}
      </span>
    </>
  );
}
