import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { useWords } from "@/words";
import { useParam } from "./url";

export interface Column<T> {
  id: string;
  head: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  by?: (row: T) => number | string | null;
  align?: "right";
  /** As narrow as its content. */
  fit?: boolean;
  /** Left out on a phone. */
  roomy?: boolean;
}

interface TableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string;
  open?: (row: T) => void;
  selected?: string;
  /** Called when the end comes near and more can be had. */
  more?: (() => void) | undefined;
  height?: number;
}

const ROW_PX = 37;
const VIRTUAL_OVER = 200;
const NEAR = 10;

function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: string): readonly T[] {
  const down = order.startsWith("-");
  const by = columns.find((each) => each.id === order.replace(/^-/, ""))?.by;
  if (!by) return rows;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return (a < b ? -1 : 1) * (down ? -1 : 1);
  });
}

/** Rows under a sticky head: sorted by the URL, opened by click or Enter, virtualised when many. */
export function Table<T>({ label, rows, columns, id, open, selected, more, height = 560 }: TableProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useParam("sort");
  const [active, setActive] = useState(0);
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
  const visible = shown.slice(first, last + 1);

  const go = (index: number) => {
    if (index < 0 || index >= shown.length) return;
    setActive(index);
    if (virtual) virtualizer.scrollToIndex(index);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent, index: number, row: T) => {
    if (event.target !== event.currentTarget) return;
    const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      go(to);
    } else if (event.key === "Enter" && open) open(row);
  };
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
    <div className="w-table" ref={box} style={{ maxHeight: height }} onScroll={onScroll}>
      <table aria-label={label} aria-rowcount={shown.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} order={order} setOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Pad px={items?.[0]?.start ?? 0} span={columns.length} />
          {visible.map((row, offset) => {
            const index = first + offset;
            const key = id(row);
            return (
              <tr
                key={key}
                data-index={index}
                data-opens={open ? "" : undefined}
                aria-rowindex={index + 2}
                aria-current={key === selected ? "true" : undefined}
                tabIndex={open ? (index === active ? 0 : -1) : undefined}
                onFocus={() => setActive(index)}
                onKeyDown={(event) => onKey(event, index, row)}
                onClick={(event) => onClick(event, row)}
              >
                {columns.map((column) => (
                  <td key={column.id} className={classes(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Pad px={items ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0} span={columns.length} />
        </tbody>
      </table>
    </div>
  );
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
  return [column.align, column.fit && "fit", column.roomy && "roomy"].filter(Boolean).join(" ");
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
        <span aria-hidden="true">{up ? "↑" : down ? "↓" : ""}</span>
      </button>
    </th>
  );
}
