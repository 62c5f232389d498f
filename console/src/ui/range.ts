import { useParam } from "./url";

/** A stretch of time, both ends within; RFC 3339. */
export interface Range {
  from: string;
  to: string;
}

const MARK = "~";

/** The stretch that was drawn over the chart of this name, kept in the URL; null: all of it. */
export function useRange(name: string): [Range | null, (range: Range | null) => void] {
  const [text, setText] = useParam(`range.${name}`);
  const [from = "", to = ""] = text.split(MARK);
  const valid = !Number.isNaN(Date.parse(from)) && !Number.isNaN(Date.parse(to));
  return [valid ? { from, to } : null, (range) => setText(range ? `${range.from}${MARK}${range.to}` : "", false)];
}

export function within(at: string, { from, to }: Range): boolean {
  const moment = Date.parse(at);
  return moment >= Date.parse(from) && moment <= Date.parse(to);
}
