import { nowMs } from "@/api/client";
import type { Language, Words } from "./index";

export const UNKNOWN = "–";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

export interface Format {
  exact(value: number): string;
  short(value: number): string;
  share(value: number): string;
  bytes(value: number): string;
  seconds(value: number): string;
  ago(at: string): string;
  moment(at: string): string;
  clock(at: string): string;
  day(at: string): string;
  minute(at: string): string;
  hour(at: string): string;
  date(at: string): string;
  /** How long something took, in its largest fitting unit. */
  span(seconds: number): string;
  /** A difference, with its sign. */
  change(value: number): string;
  changeShare(value: number): string;
  list(values: readonly string[]): string;
  personName(parts: NameParts): string;
}

interface NameParts {
  name?: string | null;
  given?: string | null;
  family?: string | null;
}

const CJK = /[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]/;

/** Family name first, without a space, where the script does so; given name first elsewhere. */
export function personName({ name, given, family }: NameParts): string {
  const first = given?.trim() ?? "";
  const last = family?.trim() ?? "";
  if (first && last) return CJK.test(first + last) ? last + first : `${first} ${last}`;
  return name?.trim() || last || first;
}

export function formatOf(language: Language, words: Words): Format {
  const exact = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const moment = new Intl.DateTimeFormat(language, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    fractionalSecondDigits: 3, timeZoneName: "short",
  });
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const minute = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(language, { weekday: "short", year: "numeric", month: "short", day: "numeric" });
  const hour = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  const signed = new Intl.NumberFormat(language, { signDisplay: "exceptZero" });
  const signedShare = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" });
  const list = new Intl.ListFormat(language, { type: "conjunction", style: "short" });
  const told = (shape: Intl.DateTimeFormat, at: string) => {
    const time = Date.parse(at);
    return Number.isNaN(time) ? UNKNOWN : shape.format(time);
  };
  return {
    exact: (value) => exact.format(value),
    // In Korean and Chinese the compact form counts in ten thousands, as readers there do.
    short: (value) => (Math.abs(value) < 10_000 ? exact.format(value) : short.format(value)),
    share: (value) => share.format(value),
    bytes: (value) => bytesOf(value, language),
    seconds: (value) => words.units.seconds(exact.format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))),
    ago: (at) => agoOf(at, relative, words),
    moment: (at) => told(moment, at),
    clock: (at) => told(clock, at),
    minute: (at) => told(minute, at),
    hour: (at) => told(hour, at),
    date: (at) => told(date, at),
    day: (at) => told(day, at),
    span: (seconds) => spanOf(seconds, language),
    change: (value) => signed.format(value),
    changeShare: (value) => signedShare.format(value),
    list: (values) => list.format(values),
    personName,
  };
}

function agoOf(at: string, relative: Intl.RelativeTimeFormat, words: Words): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return UNKNOWN;
  const seconds = Math.round((time - nowMs()) / 1_000);
  const size = Math.abs(seconds);
  if (size < 10) return words.units.now;
  if (size < MINUTE) return relative.format(seconds, "second");
  if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(seconds / HOUR), "hour");
  if (size < 30 * DAY) return relative.format(Math.round(seconds / DAY), "day");
  if (size < 365 * DAY) return relative.format(Math.round(seconds / (30 * DAY)), "month");
  return relative.format(Math.round(seconds / (365 * DAY)), "year");
}

function spanOf(seconds: number, language: Language): string {
  const [value, unit] = seconds < MINUTE ? [seconds, "second"] : seconds < HOUR ? [seconds / MINUTE, "minute"] : [seconds / HOUR, "hour"];
  const digits = unit === "hour" ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit: String(unit), unitDisplay: "short", maximumFractionDigits: digits }).format(Number(value));
}

function bytesOf(value: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let scale = 0;
  let size = value;
  while (size >= 1_000 && scale < units.length - 1) {
    size /= 1_000;
    scale += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit", unit: units[scale] ?? "byte", unitDisplay: "short", maximumFractionDigits: size < 10 ? 1 : 0,
  }).format(size);
}
