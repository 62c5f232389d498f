import type { ReactNode } from "react";
import { useFormat, useWords } from "@/words";
import { UNKNOWN } from "@/words/format";

/** A number: short where it is long, the exact value on hover; unknown is a dash, zero is 0. */
export function Num({ value, of }: { value: number | null | undefined; of?: (value: number) => string }) {
  const format = useFormat();
  if (value === null || value === undefined || Number.isNaN(value)) return <span className="w-num">{UNKNOWN}</span>;
  const exact = format.exact(value);
  const told = (of ?? format.short)(value);
  return (
    <span className="w-num" title={told === exact ? undefined : exact}>
      {told}
    </span>
  );
}

/** How long ago, with the exact time in the viewer's zone on hover. */
export function Ago({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  if (!at) return <span>{UNKNOWN}</span>;
  return (
    <time dateTime={at} title={format.moment(at)}>
      {format.ago(at)}
    </time>
  );
}

export function Clock({ at }: { at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.moment(at)} className="w-num">
      {format.clock(at)}
    </time>
  );
}

export type Tone = "good" | "warn" | "bad" | "idle";

/** A state, told by shape, colour and word. */
export function State({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`w-state ${tone}`}>{children}</span>;
}

const CERTAIN = 0.95;
const LIKELY = 0.7;
const BAR_PX = 24;

/** How sure something is: a bar and a word, the figure on hover. */
export function Sure({ share }: { share: number }) {
  const words = useWords();
  const format = useFormat();
  const word = share >= CERTAIN ? words.sure.certain : share >= LIKELY ? words.sure.likely : words.sure.unsure;
  return (
    <span className="w-sure" title={words.sure.of(format.share(share))}>
      <svg width={BAR_PX} height="4" aria-hidden="true">
        <rect width={BAR_PX} height="4" rx="2" fill="var(--w-line)" />
        <rect width={Math.max(0, Math.min(1, share)) * BAR_PX} height="4" rx="2" fill="var(--w-accent)" />
      </svg>
      {word}
    </span>
  );
}

/** One value of JSON in a line: text as it is, the rest as JSON. Never HTML. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return UNKNOWN;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Text of data: its own direction, cut with the whole on hover. */
export function Text({ value }: { value: unknown }) {
  const text = plain(value);
  return (
    <bdi className="w-cut" title={text.length > 24 ? text : undefined}>
      {text}
    </bdi>
  );
}
