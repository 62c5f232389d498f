import { Anchor, Skeleton } from "@mantine/core";
import { lazy, Suspense, useId, useMemo } from "react";
import { type Format, useFormat, useWords } from "@/words";
import { type Colour, paint } from "./colours";
import { Chip } from "./filter";
import { Key } from "./page";
import { type Range, useRange, within } from "./range";
import { useParam } from "./url";
import { Table } from "./table";

export interface Series {
  name: string;
  colour: Colour;
  values: readonly (number | null)[];
}

type Grain = "minute" | "hour" | "day";

interface ChartProps {
  /** Names the finding's subject. */
  title: string;
  /** Of the values, on the axis. */
  unit: string;
  shape: "bar" | "line";
  /** RFC 3339 moments, one for each value. */
  at: readonly string[];
  grain: Grain;
  series: readonly Series[];
  /** The name of this chart in the URL. */
  id: string;
  /** What the chart leaves out, or another remark. */
  meta?: string;
  height?: number;
}

export type DrawnProps = Omit<ChartProps, "id" | "title" | "meta"> & { label: string; height: number; pick: (from: string, to: string) => void };

const Drawn = lazy(() => import("./chart-drawn"));

/** A moment as an axis or a table names it. */
export function momentOf(format: Format, grain: Grain, at: string): string {
  return { minute: format.minute, hour: format.hour, day: format.date }[grain](at);
}

/** A chart with its data one click away. Dragging over it zooms into a stretch, which the URL keeps. */
export function Chart({ title, id, meta, height = 200, at, series, ...rest }: ChartProps) {
  const words = useWords();
  const format = useFormat();
  const [data, setData] = useParam("data");
  const [range, setRange] = useRange(id);
  const part = useMemo(() => cut(at, series, range), [at, series, range?.from, range?.to]); // range itself is new each time
  const shown = data === id;
  const heading = useId();
  const nothing = part.series.every((each) => each.values.every((value) => !value));
  return (
    <figure className="w-figure" aria-labelledby={heading}>
      <figcaption>
        <span id={heading}>{title}</span>
        <span className="w-legend">
          {series.map((each) => (
            <span key={each.name}>
              <Key colour={paint(each.colour)} />
              {each.name}
            </span>
          ))}
          {meta}
        </span>
        {range && (
          <Chip clear={() => setRange(null)}>
            {momentOf(format, rest.grain, range.from)} – {momentOf(format, rest.grain, range.to)}
          </Chip>
        )}
        <Anchor component="button" type="button" size="xs" onClick={() => setData(shown ? "" : id)} aria-expanded={shown}>
          {shown ? words.charts.hide : words.charts.show}
        </Anchor>
      </figcaption>
      {shown ? (
        <Data id={id} label={title} {...rest} {...part} />
      ) : (
        <div className="w-plot" style={{ height }}>
          <Suspense fallback={<Skeleton height={height} />}>
            <Drawn label={title} height={height} {...rest} {...part} pick={(from, to) => setRange({ from, to })} />
          </Suspense>
          {nothing && <span className="w-meta nothing">{words.charts.nothing}</span>}
        </div>
      )}
    </figure>
  );
}

function cut(at: readonly string[], series: readonly Series[], range: Range | null): Pick<ChartProps, "at" | "series"> {
  if (!range) return { at, series };
  const kept = at.map((moment) => within(moment, range));
  if (!kept.includes(true)) return { at, series }; // the stretch has passed out of what is shown
  return {
    at: at.filter((_, index) => kept[index]),
    series: series.map((each) => ({ ...each, values: each.values.filter((_, index) => kept[index]) })),
  };
}

interface Row {
  at: string;
  values: readonly (number | null)[];
}

function Data({ id, label, at, grain, series }: Pick<ChartProps, "id" | "at" | "grain" | "series"> & { label: string }) {
  const words = useWords();
  const format = useFormat();
  const rows: Row[] = at.map((moment, index) => ({ at: moment, values: series.map((each) => each.values[index] ?? null) }));
  return (
    <Table
      name={`chart-${id}`}
      label={label}
      rows={rows.reverse()}
      id={(row) => row.at}
      height={320}
      columns={[
        { id: "at", head: words.columns.time, by: (row) => row.at, cell: (row) => <span title={format.moment(row.at)}>{grain === "day" ? format.day(row.at) : format.moment(row.at)}</span> },
        ...series.map((each, index) => ({
          id: each.name,
          head: each.name,
          align: "right" as const,
          by: (row: Row) => row.values[index] ?? null,
          cell: (row: Row) => {
            const value = row.values[index];
            return value === null || value === undefined ? "–" : format.exact(value);
          },
        })),
      ]}
    />
  );
}

/** The shape of a few numbers beside a row. Its words stand elsewhere in the row. */
export function Spark({ values, colour = "--w-known" }: { values: readonly number[]; colour?: Colour }) {
  const top = Math.max(1, ...values);
  const wide = values.length * 4;
  return (
    <svg width={wide} height="20" viewBox={`0 0 ${wide} 20`} aria-hidden="true" className="w-spark">
      {values.map((value, index) => {
        const high = value === 0 ? 1 : Math.max(2, (value / top) * 20);
        return <rect key={index} x={index * 4} y={20 - high} width="3" height={high} fill={value === 0 ? "var(--w-line)" : paint(colour)} />;
      })}
    </svg>
  );
}
