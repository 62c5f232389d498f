import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Schema } from "@/api/client";
import { useOverview } from "@/frame/health";
import { Chart } from "@/ui/chart";
import { COLOURS, paint } from "@/ui/colours";
import { Figures, Page } from "@/ui/page";
import { ChartShape, FiguresShape, TableShape, Wait } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { Num } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { Attention } from "./attention";
import { Deliveries, Movements } from "./moving";

type Data = Schema["Overview"];

const MEAN_MINUTES = 5;

export function Overview() {
  const words = useWords();
  const query = useOverview();
  return (
    <Page title={words.overview.title}>
      <Ask query={query} shape={<Shape />}>
        {(data) => (data.events_accepted === 0 ? <First edge={data.edge} /> : <Shown data={data} />)}
      </Ask>
    </Page>
  );
}

function Shape() {
  return (
    <>
      <FiguresShape />
      <ChartShape />
      <div className="w-cols">
        <TableShape rows={5} />
        <TableShape rows={3} />
      </div>
    </>
  );
}

/** The moment before the first event: what to do, and it goes by itself once one arrives. */
function First({ edge }: { edge: string }) {
  const words = useWords();
  const command = `curl ${edge}/v1/track -u WRITE_KEY: -H 'Content-Type: application/json' -d '{"userId":"42","event":"Hello"}'`;
  return <Empty {...words.overview.waiting} command={command} act={<Link to="/sources">{words.sources.title}</Link>} />;
}

/** Of the last full minutes; the running one would make every look a fall. */
function rateOf(minutes: Data["minutes"]): number {
  const full = minutes.slice(-1 - MEAN_MINUTES, -1);
  return full.reduce((sum, each) => sum + each.accepted, 0) / Math.max(1, full.length);
}

function Shown({ data }: { data: Data }) {
  const words = useWords();
  const format = useFormat();
  const { people } = data;
  const everybody = people ? people.known + people.anonymous : 0;
  const hour = data.minutes.reduce((sum, each) => sum + each.accepted, 0);
  const change = data.hour_before > 0 ? words.overview.change(format.changeShare(hour / data.hour_before - 1)) : words.overview.rateNote;
  return (
    <>
      <Attention items={data.attention} />
      <Figures
        figures={[
          { name: words.overview.rate, value: <Num value={Math.round(rateOf(data.minutes))} />, note: change },
          {
            name: words.overview.known, value: people ? <Num value={people.known} /> : <Wait />, colour: paint(COLOURS.known),
            note: everybody > 0 && people ? words.overview.shareKnown(format.share(people.known / everybody)) : "",
          },
          { name: words.overview.anonymous, value: people ? <Num value={people.anonymous} /> : <Wait />, colour: paint(COLOURS.anonymous) },
          { name: words.overview.lag, value: format.seconds(data.lag.seconds), note: words.overview.lagNote(format.exact(data.lag.events)) },
          { name: words.overview.accepted, value: <Num value={data.events_accepted} /> },
        ]}
      />
      <Hour minutes={data.minutes} />
      <div className="w-cols">
        <Movements movements={data.movements} />
        <Deliveries deliveries={data.deliveries} />
      </div>
    </>
  );
}

function Hour({ minutes }: { minutes: Data["minutes"] }) {
  const words = useWords();
  const format = useFormat();
  const at = useMemo(() => minutes.map((each) => each.at), [minutes]);
  const series = useMemo(() => [
    { name: words.series.known, colour: COLOURS.known, values: minutes.map((each) => each.accepted - each.anonymous) },
    { name: words.series.anonymous, colour: COLOURS.anonymous, values: minutes.map((each) => each.anonymous) },
    { name: words.series.quarantined, colour: COLOURS.quarantined, values: minutes.map((each) => each.quarantined) },
  ], [minutes, words]);
  const imported = minutes.reduce((sum, each) => sum + each.imported, 0);
  return (
    <section className="w-section">
      <Chart
        id="hour" title={words.overview.lastHour} unit={words.units.eventsPerMinute} shape="bar" grain="minute" at={at} series={series}
        // An import would be one column that flattens the hour.
        {...(imported > 0 ? { meta: words.overview.imported(format.exact(imported)) } : {})}
      />
    </section>
  );
}
