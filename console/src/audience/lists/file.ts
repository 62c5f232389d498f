/** What the browser can tell of a file before it is sent. */
export interface Beginning {
  /** The cells of its first line, where it is a table of several columns. */
  columns: readonly string[];
}

const HEAD_BYTES = 8_192;
const TYPES: Record<string, string> = { csv: "text/csv", tsv: "text/csv", json: "application/json" };

/** As what a file is sent: by its ending. */
export const typeOf = ({ name }: { name: string }): string => TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "text/plain";

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The column that is called as the namespace, however it is spelt; empty if none is. */
export const guessed = (columns: readonly string[], namespace: string): string =>
  (letters(namespace) && columns.find((each) => letters(each) === letters(namespace))) || "";

/** Reads the first line of a CSV file, cut as the API cuts it. */
export async function beginningOf(file: File): Promise<Beginning> {
  if (typeOf(file) !== "text/csv") return { columns: [] };
  const line = (await file.slice(0, HEAD_BYTES).text()).replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "";
  const [delimiter] = [",", ";", "\t"].sort((one, other) => line.split(other).length - line.split(one).length);
  const cells = line.split(delimiter ?? ",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return { columns: cells.length > 1 ? cells : [] };
}
