import type { Schema } from "@/api/client";
import { useFormat, useWords } from "@/words";
import { UNKNOWN } from "@/words/format";
import { totalOf } from "./quality";

type State = Schema["StateView"];

const LARGE = 8;

/** What changed between two moments, figure by figure. */
export function Drift({ now, before }: { now: State; before: State }) {
  const words = useWords();
  const format = useFormat();
  const large = (of: State) => of.sizes.reduce((sum, each) => sum + (each.least >= LARGE ? each.people : 0), 0);
  const kinds = [...new Set([...Object.keys(before.links), ...Object.keys(now.links)])].sort();
  const rows: readonly (readonly [string, number, number])[] = [
    [words.quality.people, before.people, now.people],
    [words.quality.large(String(LARGE)), large(before), large(now)],
    [words.quality.merges, before.merged, now.merged],
    [words.quality.splits, before.split, now.split],
    [words.quality.questions, before.questions, now.questions],
    [words.quality.shared, before.shared, now.shared],
    [words.quality.links, totalOf(before.links), totalOf(now.links)],
    ...kinds.map((kind) => [words.quality.linksOf(words.graph.kinds[kind] ?? kind), before.links[kind] ?? 0, now.links[kind] ?? 0] as const),
  ];
  const sure = (of: State) => (of.mean_confidence === null ? UNKNOWN : format.share(of.mean_confidence));
  return (
    <table className="w-bars w-drift">
      <thead>
        <tr>
          <th scope="col">{words.quality.figure}</th>
          <th scope="col">{words.quality.then}</th>
          <th scope="col">{words.graph.now}</th>
          <th scope="col">{words.quality.change}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, was, is]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="w-num">{format.exact(was)}</td>
            <td className="w-num">{format.exact(is)}</td>
            <td className="w-num">{is === was ? UNKNOWN : format.change(is - was)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">{words.quality.meanSure}</th>
          <td className="w-num">{sure(before)}</td>
          <td className="w-num">{sure(now)}</td>
          <td className="w-num">{now.mean_confidence === null || before.mean_confidence === null ? UNKNOWN : format.changeShare(now.mean_confidence - before.mean_confidence)}</td>
        </tr>
      </tbody>
    </table>
  );
}
