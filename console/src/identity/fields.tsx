import type { Schema } from "@/api/client";
import { nameOf } from "@/profile/name";
import { Ago } from "@/ui/values";
import { Link } from "@tanstack/react-router";
import { useFormat, useWords } from "@/words";
import { Bits } from "./strength";

type Field = Schema["ComparedView"];

const SHOWN = 4;
const MARKS: Record<string, string> = { same: "=", alike: "≈", different: "≠", one_sided: "·", none: "" };

/** What a field is called: its word, else the name that the data has for it. */
export function useFieldName(): (field: string) => string {
  const words = useWords();
  return (field) => words.fields[field] ?? field;
}

/** Two people side by side, field by field; the bits sum to what stands below. */
export function Compared({ of }: { of: Schema["AskedView"] }) {
  const words = useWords();
  const most = Math.max(1, ...of.fields.map((each) => Math.abs(each.bits ?? 0)));
  return (
    <table className="w-compared" aria-label={of.question.ask === "split" ? words.reviews.askSplit : words.reviews.askMerge}>
      <thead>
        <tr>
          <th scope="col"><span className="w-hidden">{words.reviews.field}</span></th>
          <Head of={of.question.left} nth={words.reviews.first} />
          <Head of={of.question.right} nth={words.reviews.second} />
          <th scope="col" className="agreement">{words.reviews.agreement}</th>
          <th scope="col" className="weight">{words.reviews.weight}</th>
        </tr>
      </thead>
      <tbody>
        {of.fields.map((each) => <Row key={each.field} of={each} most={most} />)}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={4}>{words.reviews.total} <span className="w-meta">{words.reviews.totalNote}</span></th>
          <td className="weight"><Bits value={of.link.bits} most={most} /></td>
        </tr>
      </tfoot>
    </table>
  );
}

function Head({ of, nth }: { of: Schema["SideView"]; nth: string }) {
  const words = useWords();
  const format = useFormat();
  return (
    <th scope="col" className="who">
      <span className="w-hidden">{nth}: </span>
      <Link to="/people/$profile" params={{ profile: of.profile_id }} className="w-cut"><bdi>{nameOf(of) || of.identifiers[0]?.value || words.people.nameless}</bdi></Link>
      <span className="w-meta">
        {words.units.eventsOf(of.events, format.short(of.events))}
        {of.last_seen_at && <> · {words.person.lastSeen} <Ago at={of.last_seen_at} /></>}
      </span>
    </th>
  );
}

function Row({ of, most }: { of: Field; most: number }) {
  const words = useWords();
  const field = useFieldName()(of.field);
  return (
    <tr data-agreement={of.agreement}>
      <th scope="row"><bdi>{field}</bdi></th>
      <Values of={of.left} /><Values of={of.right} />
      <td className="agreement">
        <span className="mark" aria-hidden="true">{MARKS[of.agreement]}</span> {words.reviews.agreements[of.agreement]}
      </td>
      <td className="weight"><Bits value={of.bits} most={most} /></td>
    </tr>
  );
}

function Values({ of }: { of: readonly string[] }) {
  const words = useWords();
  const format = useFormat();
  if (of.length === 0) return <td className="value"><span className="w-meta">–</span></td>;
  return (
    <td className="value">
      {of.slice(0, SHOWN).map((each) => <bdi key={each} title={each}>{each}</bdi>)}
      {of.length > SHOWN && <span className="w-meta" title={of.slice(SHOWN).join("\n")}>{words.moves.more(format.exact(of.length - SHOWN))}</span>}
    </td>
  );
}
