/** The most rows that one export holds; a filter makes the rest fit. */
export const EXPORT_ROWS = 50_000;

export type Cell = string | number | boolean | null | undefined;

/** A page of rows, and how to get the next one; null at the end. */
export interface Page<T> {
  rows: readonly T[];
  next: (() => Promise<Page<T>>) | null;
}

// A spreadsheet would run what begins like this. A signed number, such as a telephone number, is no formula.
const FORMULA = /^(?:[=@\t\r]|[+-](?![\d\s().-]*$))/;
const QUOTED = /[",\r\n]/;

function told(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180, with the mark by which spreadsheets know UTF-8. */
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\ufeff${[head, ...rows].map((row) => row.map(told).join(",")).join("\r\n")}\r\n`;
}

/** Walks pages to the end or the bound. `cut` tells that there was more. */
export async function gather<T>(first: () => Promise<Page<T>>, go: (rows: number) => boolean): Promise<{ rows: T[]; cut: boolean }> {
  const rows: T[] = [];
  let next: (() => Promise<Page<T>>) | null = first;
  while (next && rows.length < EXPORT_ROWS) {
    const page: Page<T> = await next();
    rows.push(...page.rows);
    next = page.next;
    if (!go(rows.length)) break;
  }
  return { rows: rows.slice(0, EXPORT_ROWS), cut: next !== null || rows.length > EXPORT_ROWS };
}

/** Hands text to the browser as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
