import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useMemo, useRef, useState } from "react";
import { useWords } from "@/words";
import type { Cell, Page } from "./csv";
import { TableMenu, useColumns } from "./table-menu";
import { useParam } from "./url";

export interface Column<T> {
  id: string;
  head: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  by?: (row: T) => number | string | null;
  /** What an export holds, where that is something else than `by`. */
  text?: (row: T) => Cell;
  align?: "right";
  /** As narrow as its content. */
  fit?: boolean;
  /** Of sentences: has half of the room. */
  wide?: boolean;
  /** Left out on a phone. */
  roomy?: boolean;
  /** Hidden until it is chosen. */
  optional?: boolean;
}

interface TableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string;
  /** Names the table in the URL, the browser's memory and files: with it come column choice and export. */
  name?: string;
  open?: (row: T) => void;
  selected?: string;
  /** Called when the end comes near and more can be had. */
  more?: (() => void) | undefined;
  /** The first page of everything the filter fits, for the export of a table that has not fetched it all. */
  all?: (() => Promise<Page<T>>) | undefined;
  height?: number;
}

const ROW_PX = 37;
const VIRTUAL_OVER = 200;
const NEAR = 10;
const LEAP = 10;

function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: string): readonly T[] {
  const down = order.startsWith("-");
  const by = columns.find((each) => each.id === order.replace(/^-/, ""))?.by;
  if (!by) return rows;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    const order = typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : a < b ? -1 : 1;
    return order * (down ? -1 : 1);
  });
}

/** Rows under a sticky head: sorted by the URL, opened by click or Enter, virtualised when many. */
export function Table<T>({ label, rows, columns, id, name, open, selected, more, all, height = 560 }: TableProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useParam(name ? `sort.${name}` : "sort");
  const { shown: heads, hidden, toggle } = useColumns(name, columns);
  const shown = useMemo(() => sorted(rows, columns, order), [rows, columns, order]);
  const virtual = shown.length > VIRTUAL_OVER;
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    enabled: virtual,
  });
  const items = virtual ? virtualizer.getVirtualItems() : null;
  const first = items?.[0]?.index ?? 0;
  const last = items?.at(-1)?.index ?? shown.length - 1;
  const { stop, onKey, onFocus } = useKeys(box, shown.length, first, last, virtual ? (index) => virtualizer.scrollToIndex(index) : () => undefined);

  const onClick = (event: MouseEvent, row: T) => {
    if ((event.target as HTMLElement).closest("a,button,input")) return;
    if (window.getSelection()?.toString()) return;
    open?.(row);
  };
  const onScroll = () => {
    const element = box.current;
    if (more && element && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR * ROW_PX) more();
  };

  return (
    <div className={name ? "w-table-box with-menu" : "w-table-box"}>
      {name && <TableMenu name={name} label={label} columns={columns} hidden={hidden} toggle={toggle} rows={shown} all={all} />}
      <div className="w-table" ref={box} style={{ maxHeight: height }} onScroll={onScroll} tabIndex={open ? undefined : 0} role="group" aria-label={label}>
        <table aria-label={label} aria-rowcount={more ? -1 : shown.length + 1}>
          <thead>
            <tr>{heads.map((column) => <Head key={column.id} column={column} order={order} setOrder={setOrder} />)}</tr>
          </thead>
          <tbody>
            <Pad px={items?.[0]?.start ?? 0} span={heads.length} />
            {shown.slice(first, last + 1).map((row, offset) => {
              const index = first + offset;
              const key = id(row);
              return (
                <tr
                  key={key}
                  data-index={index}
                  data-opens={open ? "" : undefined}
                  aria-rowindex={index + 2}
                  aria-current={key === selected ? "true" : undefined}
                  tabIndex={open ? (index === stop ? 0 : -1) : undefined}
                  onFocus={() => onFocus(index)}
                  onKeyDown={(event) => onKey(event, index, () => open?.(row))}
                  onClick={(event) => onClick(event, row)}
                >
                  {heads.map((column) => <td key={column.id} className={classes(column)}>{column.cell(row)}</td>)}
                </tr>
              );
            })}
            <Pad px={items ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0} span={heads.length} />
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Moves the focus over rows, of which only those from `first` to `last` are drawn. One row is the tab stop. */
function useKeys(box: RefObject<HTMLDivElement | null>, count: number, first: number, last: number, scroll: (index: number) => void) {
  const [active, setActive] = useState(0);
  const go = (index: number) => {
    const to = Math.min(Math.max(index, 0), count - 1);
    setActive(to);
    scroll(to);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-index="${to}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent, index: number, open: () => void) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + LEAP, PageUp: index - LEAP, Home: 0, End: count - 1,
    };
    const to = moves[event.key];
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (to === undefined) open();
    else go(to);
  };
  return { stop: active < first || active > last ? first : active, onKey, onFocus: setActive };
}

function Pad({ px, span }: { px: number; span: number }) {
  if (px <= 0) return null;
  return (
    <tr className="pad" aria-hidden="true">
      <td colSpan={span} style={{ height: px }} />
    </tr>
  );
}

function classes<T>(column: Column<T>): string {
  return [column.align, column.fit && "fit", column.wide && "wide", column.roomy && "roomy"].filter(Boolean).join(" ");
}

interface HeadProps<T> {
  column: Column<T>;
  order: string;
  setOrder: (order: string) => void;
}

function Head<T>({ column, order, setOrder }: HeadProps<T>) {
  const words = useWords();
  if (!column.by) {
    return (
      <th scope="col" className={classes(column)}>
        {column.head}
      </th>
    );
  }
  const up = order === column.id;
  const down = order === `-${column.id}`;
  const next = down ? column.id : up ? "" : `-${column.id}`;
  return (
    <th scope="col" className={classes(column)} aria-sort={up ? "ascending" : down ? "descending" : "none"}>
      <button type="button" onClick={() => setOrder(next)} title={words.acts.sort}>
        {column.head}
        {(up || down) && <span aria-hidden="true">{up ? "↑" : "↓"}</span>}
      </button>
    </th>
  );
}
