import { ActionIcon, Menu } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconDots, IconDownload } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { asProblem } from "@/api/problem";
import { nowMs } from "@/api/client";
import { useFormat, useWords } from "@/words";
import { type Cell, csvOf, EXPORT_ROWS, gather, type Page, save } from "./csv";
import type { Column } from "./table";

/** The columns that are shown, as chosen for the table of this name on this browser; and the choice itself. */
export function useColumns<T>(name: string | undefined, columns: readonly Column<T>[]) {
  const usual = useMemo(() => columns.filter((each) => each.optional).map((each) => each.id), [columns]);
  const [kept, keep] = useLocalStorage<readonly string[] | null>({ key: `weft.hidden.${name ?? ""}`, defaultValue: null, getInitialValueInEffect: false });
  const hidden = (name && Array.isArray(kept) ? kept : null) ?? usual;
  const shown = columns.filter((each, index) => index === 0 || !hidden.includes(each.id));
  const toggle = (id: string) => keep(hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id]);
  return { shown, hidden, toggle };
}

interface MenuProps<T> {
  name: string;
  label: string;
  columns: readonly Column<T>[];
  hidden: readonly string[];
  toggle: (id: string) => void;
  rows: readonly T[];
  /** Fetches what the filter fits from the beginning; without it the rows at hand are all there are. */
  all?: (() => Promise<Page<T>>) | undefined;
}

/** What can be done with a table: choose its columns, take its rows along. */
export function TableMenu<T>({ name, label, columns, hidden, toggle, rows, all }: MenuProps<T>) {
  const words = useWords();
  const told = useExport(name, columns.filter((each) => !hidden.includes(each.id)), all ?? (async () => ({ rows, next: null })));
  return (
    <div className="w-table-menu">
      {told.note && (
        <span className="w-meta" role="status">
          {told.note} {told.stop && <button type="button" className="w-link" onClick={told.stop}>{words.acts.cancel}</button>}
        </span>
      )}
      <Menu position="bottom-end" shadow="md" width={220} closeOnItemClick={false} transitionProps={{ duration: 120 }}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={words.tables.menu(label)} title={words.tables.menu(label)}>
            <IconDots size={16} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{words.tables.columns}</Menu.Label>
          {columns.slice(1).map((each) => (
            <Menu.CheckboxItem key={each.id} checked={!hidden.includes(each.id)} onChange={() => toggle(each.id)}>
              {each.head}
            </Menu.CheckboxItem>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconDownload size={14} aria-hidden="true" />} onClick={told.start ?? undefined} closeMenuOnClick disabled={told.start === null}>
            {words.tables.export}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

const textOf = <T,>(column: Column<T>, row: T): Cell => (column.text ?? column.by)?.(row);

/** An export that tells how far it is, can be stopped, and says when it left rows out. */
function useExport<T>(name: string, columns: readonly Column<T>[], all: () => Promise<Page<T>>) {
  const words = useWords();
  const format = useFormat();
  const [note, setNote] = useState("");
  const [run, setRun] = useState<{ stopped: boolean } | null>(null);
  const told = columns.filter((each) => each.text ?? each.by);
  const start = () => {
    const mine = { stopped: false };
    setRun(mine);
    setNote(words.tables.gathering(format.exact(0)));
    const go = (rows: number) => {
      if (!mine.stopped) setNote(words.tables.gathering(format.exact(rows)));
      return !mine.stopped;
    };
    gather(all, go)
      .then(({ rows, cut }) => {
        if (mine.stopped) return setNote("");
        const day = new Date(nowMs()).toISOString().slice(0, 10);
        save(`${name}-${day}.csv`, csvOf(told.map((each) => each.head), rows.map((row) => told.map((each) => textOf(each, row)))));
        setNote(cut ? words.tables.cut(format.exact(EXPORT_ROWS)) : words.tables.exported(format.exact(rows.length)));
      })
      .catch((error: unknown) => setNote(words.problems.of(asProblem(error).status, asProblem(error).code).what))
      .finally(() => setRun(null));
  };
  const stop = run === null ? null : () => {
    run.stopped = true;
    setNote("");
  };
  return { note, start: run === null && told.length > 0 ? start : null, stop };
}
