import { NumberInput, Select, TextInput } from "@mantine/core";
import { useBuilderWords } from "@/words/builder";
import { type Body, isBody, textOf } from "./rule";

const LENGTH = /^(\d+)([smhdw])$/;

/** A number and its unit, as `30d`. */
export function Duration({ value, put, label }: { value: string; put: (value: string) => void; label: string }) {
  const words = useBuilderWords();
  const [, count = "1", unit = "d"] = LENGTH.exec(value) ?? [];
  return (
    <span className="w-joined">
      <NumberInput size="xs" w={56} hideControls min={1} max={36_500} allowDecimal={false} allowNegative={false} aria-label={label} value={Number(count)} onChange={(next) => put(`${Number(next) || 1}${unit}`)} />
      <Select
        size="xs" w={88} allowDeselect={false} aria-label={`${label}, ${words.unit}`} value={unit} onChange={(next) => next && put(`${count}${next}`)}
        data={Object.entries(words.units).map(([each, name]) => ({ value: each, label: name }))}
      />
    </span>
  );
}

interface WindowProps {
  value: unknown;
  put: (value: unknown) => void;
  label: string;
  /** Whether the last session can be chosen. */
  session?: boolean;
}

const UNITS = ["day", "week", "month", "quarter", "year"] as const;
const BLANK: Record<string, unknown> = {
  last: "30d", before: { last: "365d", before: "365d" }, calendar: { calendar: "month", from: -3, to: 0 }, fixed: { since: "2026-01-01" },
};
const SESSION = "last_session";
const GAP = "30m";

export const isSession = (window: unknown): boolean => window === SESSION || (isBody(window) && SESSION in window);

function modeOf(value: unknown): string {
  if (value === undefined) return "";
  if (isSession(value)) return SESSION;
  if (typeof value === "string") return LENGTH.test(value) ? "last" : value;
  if (!isBody(value)) return "";
  return "last" in value ? "before" : "calendar" in value ? "calendar" : "fixed";
}

/** Which time counts: `within` of a rule, `window` of a trait. undefined: all of it. */
export function Window({ value, put, label, session = false }: WindowProps) {
  const words = useBuilderWords();
  const mode = modeOf(value);
  const names = Object.entries({ ...words.windows, ...(session ? { [SESSION]: words.trait.session } : {}) }).map(([each, name]) => ({ value: each, label: name }));
  const body: Body = isBody(value) ? value : {};
  const set = (part: Body) => put({ ...body, ...part });
  return (
    <>
      <Select
        size="xs" w={132} allowDeselect={false} aria-label={label} value={mode} data={names}
        onChange={(next) => next !== null && put(next === "" ? undefined : (BLANK[next] ?? next))}
      />
      {mode === "last" && <Duration value={textOf(value)} put={put} label={label} />}
      {mode === SESSION && (
        <>
          <span className="w-meta">{words.trait.gap}</span>
          <Duration value={textOf(body[SESSION]) || GAP} put={(gap) => put(gap === GAP ? SESSION : { [SESSION]: gap })} label={words.trait.gap} />
        </>
      )}
      {mode === "before" && (
        <>
          <Duration value={textOf(body["last"])} put={(last) => set({ last })} label={label} />
          <span className="w-meta">{words.endedBefore}</span>
          <Duration value={textOf(body["before"])} put={(before) => set({ before })} label={words.endedBefore} />
        </>
      )}
      {mode === "calendar" && (
        <>
          <Select size="xs" w={92} allowDeselect={false} aria-label={`${label}, ${words.unit}`} value={textOf(body["calendar"])} data={UNITS.map((each) => ({ value: each, label: words.calendar[each] }))} onChange={(calendar) => calendar && set({ calendar })} />
          <NumberInput size="xs" w={64} max={0} aria-label={`${label}, ${words.from}`} value={Number(body["from"] ?? 0)} onChange={(from) => set({ from: Number(from) })} />
          <span className="w-meta">{words.to}</span>
          <NumberInput size="xs" w={64} max={1} aria-label={`${label}, ${words.to}`} value={Number(body["to"] ?? 0)} onChange={(to) => set({ to: Number(to) })} />
        </>
      )}
      {mode === "fixed" && (
        <>
          <TextInput size="xs" w={116} placeholder="2026-01-01" aria-label={`${label}, ${words.from}`} value={textOf(body["since"])} onChange={(event) => set({ since: event.currentTarget.value || undefined })} />
          <span className="w-meta">{words.to}</span>
          <TextInput size="xs" w={116} placeholder="2026-02-01" aria-label={`${label}, ${words.to}`} value={textOf(body["until"])} onChange={(event) => set({ until: event.currentTarget.value || undefined })} />
        </>
      )}
    </>
  );
}
