import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Schema } from "@/api/client";
import { useOverview } from "@/frame/health";
import { Chart } from "@/ui/chart";
import { COLOURS } from "@/ui/colours";
import { Figures, Page, Section } from "@/ui/page";
import { Ask, Empty, Rows } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { Attention } from "./attention";

type Data = Schema["Overview"];

const MEAN_MINUTES = 5;

export function Overview() {
  const words = useWords();
  const query = useOverview();
  return (
    <Page title={words.overview.title}>
      <Ask query={query} shape={<Rows count={14} />}>
        {(data) => (data.events_accepted === 0 ? <First /> : <Shown data={data} />)}
      </Ask>
    </Page>
  );
}

/** The moment before the first event: what to do, and it goes by itself once one arrives. */
function First() {
  const words = useWords();
  return <Empty {...words.overview.waiting} act={<Link to="/sources">{words.sources.title}</Link>} />;
}

/** Of the last full minutes; the running one would make every look a fall. */
function rateOf(minutes: Data["minutes"]): number {
  const full = minutes.slice(-1 - MEAN_MINUTES, -1);
  return full.reduce((sum, each) => sum + each.accepted, 0) / Math.max(1, full.length);
}

function Shown({ data }: { data: Data }) {
  const words = useWords();
  const format = useFormat();
  return (
    <>
      <Figures
        figures={[
          { name: words.overview.rate, value: <Num value={Math.round(rateOf(data.minutes))} />, note: words.overview.rateNote },
          { name: words.overview.known, value: <Num value={data.people?.known} />, colour: "var(--w-known)" },
          { name: words.overview.anonymous, value: <Num value={data.people?.anonymous} />, colour: "var(--w-anonymous)" },
          { name: words.overview.accepted, value: <Num value={data.events_accepted} /> },
          { name: words.overview.lag, value: format.seconds(data.lag.seconds), note: words.overview.lagNote(format.exact(data.lag.events)) },
        ]}
      />
      <Attention items={data.attention} />
      <Hour minutes={data.minutes} />
      <div className="w-cols">
        <Movements data={data} />
        <Deliveries data={data} />
      </div>
    </>
  );
}

function Hour({ minutes }: { minutes: Data["minutes"] }) {
  const words = useWords();
  const series = useMemo(() => [
    { name: words.series.accepted, colour: COLOURS.accepted, values: minutes.map((each) => each.accepted) },
    { name: words.series.imported, colour: COLOURS.imported, values: minutes.map((each) => each.imported) },
    { name: words.series.quarantined, colour: COLOURS.quarantined, values: minutes.map((each) => each.quarantined) },
  ], [minutes, words]);
  // A colour in the legend that stands for nothing would only be looked for.
  const shown = series.filter((each, index) => index === 0 || each.values.some((value) => value > 0));
  return (
    <section className="w-section">
      <Chart id="hour" title={words.overview.lastHour} unit={words.units.eventsPerMinute} shape="bar" grain="minute" at={minutes.map((each) => each.at)} series={shown} />
    </section>
  );
}

type Movement = Data["movements"][number];

function movementColumns(words: Words): readonly Column<Movement>[] {
  return [
    { id: "audience", head: words.columns.audience, cell: (row) => <Text value={row.audience} /> },
    { id: "members", head: words.columns.size, fit: true, align: "right", cell: (row) => <Num value={row.members} /> },
    { id: "entered", head: words.columns.entered, fit: true, align: "right", cell: (row) => <Num value={row.entered} /> },
    { id: "exited", head: words.columns.exited, fit: true, align: "right", cell: (row) => <Num value={row.exited} /> },
  ];
}

function Movements({ data }: { data: Data }) {
  const words = useWords();
  const navigate = useNavigate();
  return (
    <Section title={words.overview.movements} meta={words.overview.movementsMeta}>
      {data.movements.length === 0 ? (
        <Empty {...words.overview.noAudiences} />
      ) : (
        <Table
          label={words.overview.movements} rows={data.movements} columns={movementColumns(words)} id={(row) => row.audience} height={400}
          open={(row) => void navigate({ to: "/audiences/$name", params: { name: row.audience } })}
        />
      )}
    </Section>
  );
}

const WAITING = ["pending", "leased", "retry"];

interface Sent {
  name: string;
  delivered: number;
  waiting: number;
  dead: number;
}

function sentOf(deliveries: NonNullable<Data["deliveries"]>): readonly Sent[] {
  return Object.entries(deliveries).map(([name, states]) => ({
    name,
    delivered: states["delivered"] ?? 0,
    waiting: WAITING.reduce((sum, state) => sum + (states[state] ?? 0), 0),
    dead: states["dead"] ?? 0,
  }));
}

function Deliveries({ data }: { data: Data }) {
  const words = useWords();
  const navigate = useNavigate();
  const rows = sentOf(data.deliveries ?? {});
  const columns: readonly Column<Sent>[] = [
    { id: "name", head: words.columns.destination, cell: (row) => <Text value={row.name} /> },
    { id: "delivered", head: words.deliveryStates["delivered"] ?? "", fit: true, align: "right", cell: (row) => <Num value={row.delivered} /> },
    { id: "waiting", head: words.deliveryStates["pending"] ?? "", fit: true, align: "right", cell: (row) => <Num value={row.waiting} /> },
    { id: "dead", head: words.destinations.dead, fit: true, align: "right", cell: (row) => <Num value={row.dead} /> },
  ];
  return (
    <Section title={words.overview.deliveries}>
      {rows.length === 0 ? (
        <Empty {...words.overview.noDestinations} act={<Link to="/destinations">{words.destinations.title}</Link>} />
      ) : (
        <Table
          label={words.overview.deliveries} rows={rows} columns={columns} id={(row) => row.name}
          open={(row) => void navigate({ to: "/destinations/$name", params: { name: row.name } })}
        />
      )}
    </Section>
  );
}
