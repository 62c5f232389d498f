import { useNavigate } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { nameOf } from "@/profile/name";
import { paint } from "@/ui/colours";
import { Figures, Section } from "@/ui/page";
import { FiguresShape, TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { Calibration } from "./calibration";
import { Drift } from "./drift";

type Quality = Schema["QualityView"];

/** How people hang together: how large they are, what is shared, how sure links are. */
export function Quality() {
  const query = api.useQuery("get", "/api/identity/quality", {}, { refetchInterval: 60_000 });
  return (
    <Ask query={query} shape={<><FiguresShape count={5} /><TableShape rows={6} columns={2} /></>}>
      {(found) => <Shown of={found} />}
    </Ask>
  );
}

function Shown({ of }: { of: Quality }) {
  const words = useWords();
  const format = useFormat();
  const steps = stepsOf(of);
  const { now } = of;
  const links = totalOf(now.links);
  const answers = (of.answered["same"] ?? 0) + (of.answered["apart"] ?? 0) + (of.answered["split"] ?? 0);
  return (
    <>
      <Figures
        figures={[
          { name: words.quality.people, value: <Num value={now.people} />, note: words.quality.perPerson(format.exact(now.people ? Math.round((now.nodes / now.people) * 100) / 100 : 0)) },
          { name: words.quality.links, value: <Num value={links} />, note: words.quality.refused(format.short(now.refused)) },
          { name: words.quality.meanSure, value: <Num value={now.mean_confidence} of={format.share} /> },
          { name: words.quality.questions, value: <Num value={now.questions} />, note: words.quality.answered(format.exact(answers)) },
          { name: words.quality.shared, value: <Num value={now.shared} /> },
        ]}
      />
      <div className="w-cols">
        <Section title={words.quality.sizes} meta={words.quality.logarithmic}>
          {now.sizes.length === 0 ? <span className="w-meta">{words.quality.nobody}</span> : (
            <Bars rows={now.sizes.map((each) => ({ name: rangeOf(each.least), count: each.people, told: words.quality.sizeTold(rangeOf(each.least)) }))} head={words.quality.identifiers} unit={words.quality.people} colour="--w-known" />
          )}
        </Section>
        <Section title={words.quality.sure} meta={words.quality.logarithmic}>
          {steps.length === 0 ? <span className="w-meta">{words.quality.noLinks}</span> : (
            <Bars rows={steps.map((each) => ({ name: words.quality.range(format.share(each.from), format.share(each.from + STEP)), count: each.links, told: "" }))} head={words.reviews.confidence} unit={words.quality.links} colour="--w-entered" />
          )}
          {of.frequencies && (
            <p className="w-meta">{words.quality.counted(format.short(of.frequencies.people))} <Ago at={of.frequencies.at} /></p>
          )}
        </Section>
      </div>
      <div className="w-cols">
        <Section title={words.quality.calibration} meta={words.quality.calibrationMeta}>
          <Calibration of={of.calibration} />
        </Section>
        <Section title={words.quality.drift} meta={of.before && <>{words.quality.since} <Ago at={of.before.at} /></>}>
          {of.before ? <Drift now={now} before={of.before} /> : <span className="w-meta">{words.quality.noDrift}</span>}
        </Section>
      </div>
      {of.contradicted.length > 0 && (
        <Section title={words.quality.contradicted} meta={words.quality.contradictedMeta}>
          <Contradicted of={of.contradicted} />
        </Section>
      )}
      <Section title={words.quality.giants} meta={words.quality.giantsMeta(format.exact(of.suspicious_from))}>
        {of.largest.length === 0 ? <span className="w-meta">{words.quality.noGiants}</span> : <Giants of={of.largest} />}
      </Section>
      <Section title={words.quality.sharedTitle} meta={words.quality.sharedMeta}>
        {of.shared.length === 0 ? <span className="w-meta">{words.quality.noShared}</span> : <Shared of={of.shared} />}
      </Section>
    </>
  );
}

const STEP = 0.05;
const rangeOf = (least: number) => (least < 5 && least !== 4 ? String(least) : least === 4 ? "4–7" : `${least}–${least * 2 - 1}`);

export const totalOf = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, each) => sum + each, 0);

function stepsOf(of: Quality): readonly { from: number; links: number }[] {
  const sums = new Map<number, number>();
  for (const { confidence, links } of of.confidence) sums.set(confidence, (sums.get(confidence) ?? 0) + links);
  return [...sums].sort(([a], [b]) => a - b).map(([from, links]) => ({ from, links }));
}

interface BarsProps {
  rows: readonly { name: string; count: number; told: string }[];
  head: string;
  unit: string;
  colour: "--w-known" | "--w-entered";
}

/** Bars on a logarithmic scale, each with its count beside it: a table to a reader of screens. */
function Bars({ rows, head, unit, colour }: BarsProps) {
  const format = useFormat();
  const most = Math.log10(1 + Math.max(1, ...rows.map((each) => each.count)));
  return (
    <table className="w-bars">
      <thead><tr><th scope="col">{head}</th><th scope="col" colSpan={2}>{unit}</th></tr></thead>
      <tbody>
        {rows.map((each) => (
          <tr key={each.name}>
            <th scope="row" title={each.told}>{each.name}</th>
            <td aria-hidden="true">
              <svg width="100%" height="14" preserveAspectRatio="none" viewBox="0 0 100 14">
                <rect width={Math.max(0.5, (Math.log10(1 + each.count) / most) * 100)} y="2" height="10" fill={paint(colour)} />
              </svg>
            </td>
            <td className="w-num">{format.exact(each.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Giants({ of }: { of: readonly Schema["GiantView"][] }) {
  const words = useWords();
  return <Counted name="giants" label={words.quality.giants} head={words.columns.identifiers} rows={of.map((each) => ({ ...each, count: each.nodes }))} />;
}

function Contradicted({ of }: { of: readonly Schema["ContradictedView"][] }) {
  const words = useWords();
  return <Counted name="contradicted" label={words.quality.contradicted} head={words.quality.pairs} rows={of.map((each) => ({ ...each, count: each.pairs }))} />;
}

interface CountedProps {
  name: string;
  label: string;
  head: string;
  rows: readonly { profile_id: string; name: Schema["NameView"]; count: number }[];
}

/** People, each with a count; a row opens how the person hangs together. */
function Counted({ name, label, head, rows }: CountedProps) {
  const words = useWords();
  const navigate = useNavigate();
  const columns: readonly Column<CountedProps["rows"][number]>[] = [
    { id: "name", head: words.columns.person, text: (row) => row.name.full, cell: (row) => <Text value={nameOf({ name: row.name, identifiers: [] }) || words.people.nameless} /> },
    { id: "count", head, align: "right", fit: true, by: (row) => row.count, cell: (row) => <Num value={row.count} /> },
  ];
  return (
    <Table
      name={name} label={label} rows={rows} columns={columns} id={(row) => row.profile_id} height={320}
      open={(row) => void navigate({ to: "/people/$profile", params: { profile: row.profile_id }, search: { view: "identity" } } as never)}
    />
  );
}

function columnsOf(words: Words): readonly Column<Schema["SharedView"]>[] {
  return [
    { id: "namespace", head: words.columns.kind, fit: true, by: (row) => row.identifier.namespace, cell: (row) => <Text value={row.identifier.namespace} /> },
    { id: "value", head: words.columns.value, by: (row) => row.identifier.value, cell: (row) => <Text value={row.identifier.value} /> },
    { id: "people", head: words.columns.size, align: "right", fit: true, by: (row) => row.people, cell: (row) => (row.people === 0 ? words.graph.generic(0, "") : <Num value={row.people} />) },
  ];
}

function Shared({ of }: { of: readonly Schema["SharedView"][] }) {
  const words = useWords();
  return <Table name="shared" label={words.quality.sharedTitle} rows={of} columns={columnsOf(words)} id={(row) => `${row.identifier.namespace}:${row.identifier.value}`} height={320} />;
}
