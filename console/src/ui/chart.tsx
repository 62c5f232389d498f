import { Anchor, Skeleton } from "@mantine/core";
import { lazy, Suspense, useId } from "react";
import { useFormat, useWords } from "@/words";
import { useParam } from "./url";
import { Table } from "./table";

export interface Series {
  name: string;
  /** A CSS variable of the palette, such as `--w-known`: the same meaning has the same colour everywhere. */
  colour: string;
  values: readonly (number | null)[];
}

interface ChartProps {
  /** Names the finding's subject. */
  title: string;
  /** Of the values, on the axis. */
  unit: string;
  shape: "bar" | "line";
  /** RFC 3339 moments, one for each value. */
  at: readonly string[];
  grain: "minute" | "day";
  series: readonly Series[];
  /** The name of this chart in the URL. */
  id: string;
  height?: number;
}

export type DrawnProps = Omit<ChartProps, "id" | "title"> & { label: string; height: number };

const Drawn = lazy(() => import("./chart-drawn"));

/** A chart with its data one click away. */
export function Chart({ title, id, height = 200, ...rest }: ChartProps) {
  const words = useWords();
  const [data, setData] = useParam("data");
  const shown = data === id;
  const heading = useId();
  return (
    <figure className="w-figure" aria-labelledby={heading}>
      <figcaption>
        <span id={heading}>{title}</span>
        <span className="w-legend">
          {rest.series.map((each) => (
            <span key={each.name}>
              <svg className="w-key" width="8" height="8" aria-hidden="true">
                <rect width="8" height="8" rx="2" fill={`var(${each.colour})`} />
              </svg>
              {each.name}
            </span>
          ))}
        </span>
        <Anchor component="button" type="button" size="xs" onClick={() => setData(shown ? "" : id)} aria-expanded={shown}>
          {shown ? words.charts.hide : words.charts.show}
        </Anchor>
      </figcaption>
      {shown ? (
        <Data label={title} {...rest} />
      ) : (
        <Suspense fallback={<Skeleton height={height} />}>
          <Drawn label={title} height={height} {...rest} />
        </Suspense>
      )}
    </figure>
  );
}

interface Row {
  at: string;
  values: readonly (number | null)[];
}

function Data({ label, at, grain, series }: Pick<ChartProps, "at" | "grain" | "series"> & { label: string }) {
  const words = useWords();
  const format = useFormat();
  const rows: Row[] = at.map((moment, index) => ({ at: moment, values: series.map((each) => each.values[index] ?? null) }));
  return (
    <Table
      label={label}
      rows={rows.reverse()}
      id={(row) => row.at}
      height={320}
      columns={[
        { id: "at", head: words.columns.time, cell: (row) => (grain === "day" ? format.day(row.at) : format.moment(row.at)) },
        ...series.map((each, index) => ({
          id: each.name,
          head: each.name,
          align: "right" as const,
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
export function Spark({ values, colour = "--w-known" }: { values: readonly number[]; colour?: string }) {
  const top = Math.max(1, ...values);
  const wide = values.length * 4;
  return (
    <svg width={wide} height="20" viewBox={`0 0 ${wide} 20`} aria-hidden="true" className="w-spark">
      {values.map((value, index) => {
        const high = value === 0 ? 1 : Math.max(2, (value / top) * 20);
        return <rect key={index} x={index * 4} y={20 - high} width="3" height={high} fill={value === 0 ? "var(--w-line)" : `var(${colour})`} />;
      })}
    </svg>
  );
}
