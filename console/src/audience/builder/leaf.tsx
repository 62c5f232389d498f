import { Autocomplete, MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { offered } from "@/ui/offered";
import { useBuilderWords } from "@/words/builder";
import { type Change, compared, Comparison } from "./comparison";
import { Duration, Window } from "./duration";
import { didOf, Facts, SourceField, Where } from "./facts";
import { blankOperand, operatorsOf, sourceOf, TOLD, useValues, type Vocabulary } from "./known";
import { type Body, isBody, kindOf, listOf, textOf, without } from "./rule";

interface FieldsProps {
  body: Body;
  change: Change;
  vocabulary: Vocabulary;
}

/** The fields of one row, by the kind of its rule. */
export function LeafFields(props: FieldsProps): ReactNode {
  switch (kindOf(props.body)) {
    case "did":
      return <Did {...props} />;
    case "trait":
      return <Trait {...props} />;
    case "sequence":
      return <Sequence {...props} />;
    case "first_time":
      return <Time {...props} which="first_time" />;
    case "last_time":
      return <Time {...props} which="last_time" />;
    case "consent":
      return <Consent {...props} />;
    case "audience":
    case "list":
      return <Named {...props} />;
    case "split":
      return <Split {...props} />;
    case "local_time":
      return <LocalTime {...props} />;
    default:
      return <code className="w-mono w-cut">{JSON.stringify(props.body)}</code>;
  }
}

const count = (value: unknown): number | string => (typeof value === "number" ? value : "");

function Did({ body, change, vocabulary }: FieldsProps) {
  const words = useBuilderWords();
  const source = sourceOf(body["did"]);
  const never = body["at_most"] === 0;
  const least = count(body["at_least"] ?? (never ? 0 : 1));
  const often = never ? "never" : body["at_most"] === undefined ? "at_least" : body["at_least"] === body["at_most"] ? "exactly" : body["at_least"] === 0 ? "at_most" : "range";
  const rest = without(body, "at_least", "at_most");
  const times = (mode: string, low: number, high = low): Body =>
    mode === "never" ? { ...rest, at_least: 0, at_most: 0 } : mode === "exactly" ? { ...rest, at_least: low, at_most: low } : mode === "at_most" ? { ...rest, at_least: 0, at_most: high }
      : mode === "range" ? { ...rest, at_least: low, at_most: high } : low === 1 ? rest : { ...rest, at_least: low };
  const low = Number(least);
  const high = Number(body["at_most"] ?? low);
  return (
    <>
      <SourceField source={source} put={(next) => change(didOf(body, next), "did")} vocabulary={vocabulary} label={words.kinds.did} />
      <Select
        size="xs" w={112} allowDeselect={false} aria-label={words.often} value={often} data={Object.entries(words.oftens).map(([value, label]) => ({ value, label }))}
        onChange={(mode) => mode && change(times(mode, Math.max(low, 1), mode === "range" ? Math.max(high, low) + 1 : Math.max(high, 1)))}
      />
      {often !== "never" && often !== "at_most" && <NumberInput size="xs" w={64} min={0} hideControls aria-label={words.times} value={least} onChange={(next) => change(times(often, Number(next), high), "least")} />}
      {often === "range" && <span className="w-meta">{words.to}</span>}
      {(often === "range" || often === "at_most") && <NumberInput size="xs" w={64} min={0} hideControls aria-label={words.atMost} value={high} onChange={(next) => change(times(often, low, Number(next)), "most")} />}
      {often !== "never" && <span className="w-meta">{words.times}</span>}
      <Window value={body["within"]} put={(within) => change(within === undefined ? without(body, "within") : { ...body, within }, "within")} label={words.within} />
      <Where
        where={body["where"]} source={source} vocabulary={vocabulary}
        put={(where, about) => change(where.length === 0 ? without(body, "where") : { ...body, where }, about)}
      />
    </>
  );
}

function Trait({ body, change, vocabulary }: FieldsProps) {
  const words = useBuilderWords();
  const name = textOf(body["trait"]);
  const field = vocabulary.traits.find((each) => each.name === name);
  const valuesOf = useValues({ kind: "type", name: TOLD }, vocabulary);
  const named = (next: string) => {
    const found = vocabulary.traits.find((each) => each.name === next);
    if (!found) return change({ ...body, trait: next }, "trait");
    const operator = operatorsOf(found.type, true)[0] ?? "is";
    change(compared({ trait: next }, operator, blankOperand(operator, found.type), found.type, found.computed), "trait");
  };
  // A computed trait has its type, which `as` may not repeat; that of a told trait is what the rule takes it for.
  const shown = field?.computed ? field.type : undefined;
  const groups = [[words.computed, true], [words.told, false]] as const;
  return (
    <>
      <Autocomplete renderOption={offered}
        size="xs" w={172} aria-label={words.kinds.trait} placeholder={words.kinds.trait} comboboxProps={{ width: "max-content", position: "bottom-start" }} limit={100} value={name} onChange={named}
        data={groups.map(([group, computed]) => ({ group, items: vocabulary.traits.filter((each) => each.computed === computed).map((each) => each.name) })).filter((each) => each.items.length > 0)}
      />
      <Comparison body={body} change={change} type={shown} percent of={name} examples={field?.computed ? [] : valuesOf(name, field?.examples ?? [])} />
    </>
  );
}

function Sequence({ body, change, vocabulary }: FieldsProps) {
  const words = useBuilderWords();
  const steps = isBody(body["sequence"]) ? body["sequence"] : {};
  const key = "not_then" in steps ? "not_then" : "then";
  const after = steps["after"];
  const set = (part: Body, about?: string) => change({ ...body, sequence: { ...steps, ...part } }, about);
  return (
    <div className="w-steps-of">
      <div className="w-line">
        <span className="w-meta">{words.first}</span>
        <Facts facts={steps["first"]} put={(first, about) => set({ first }, `first:${about ?? ""}`)} vocabulary={vocabulary} label={words.first} />
      </div>
      <div className="w-line">
        <Select
          size="xs" w={120} allowDeselect={false} aria-label={words.followed} value={key} data={[{ value: "then", label: words.then }, { value: "not_then", label: words.notThen }]}
          onChange={(next) => next && next !== key && change({ ...body, sequence: { first: steps["first"], [next]: steps[key], ...(after === undefined ? {} : { after }) } })}
        />
        <Facts facts={steps[key]} put={(then, about) => set({ [key]: then }, `then:${about ?? ""}`)} vocabulary={vocabulary} label={words[key === "then" ? "then" : "notThen"]} />
      </div>
      <div className="w-line">
        <Select
          size="xs" w={148} allowDeselect={false} aria-label={words.after} value={after === undefined ? "any" : "after"} data={[{ value: "after", label: words.after }, { value: "any", label: words.anyTime }]}
          onChange={(next) => change({ ...body, sequence: next === "any" ? without(steps, "after") : { ...steps, after: "1h" } })}
        />
        {after !== undefined && <Duration value={textOf(after)} put={(length) => set({ after: length }, "after")} label={words.after} />}
        <span className="w-meta">{words.firstWithin}</span>
        <Window value={body["within"]} put={(within) => change(within === undefined ? without(body, "within") : { ...body, within }, "within")} label={words.firstWithin} />
      </div>
    </div>
  );
}

function Time({ body, change, vocabulary, which }: FieldsProps & { which: "first_time" | "last_time" }) {
  const words = useBuilderWords();
  return (
    <>
      <Facts facts={body[which]} put={(facts, about) => change({ ...body, [which]: facts }, about)} vocabulary={vocabulary} label={words.kinds[which]} />
      <Comparison body={body} change={change} type="time" of={words.kinds[which]} examples={[]} />
    </>
  );
}

function Consent({ body, change }: FieldsProps) {
  const words = useBuilderWords();
  return (
    <>
      <TextInput size="xs" w={148} aria-label={words.purpose} value={textOf(body["consent"])} onChange={(event) => change({ ...body, consent: event.currentTarget.value }, "consent")} />
      <Select
        size="xs" w={148} allowDeselect={false} aria-label={words.kinds.consent} value={textOf(body["is"])} data={Object.entries(words.consents).map(([value, label]) => ({ value, label }))}
        onChange={(is) => is && change({ ...body, is })}
      />
    </>
  );
}

function Named({ body, change, vocabulary }: FieldsProps) {
  const words = useBuilderWords();
  const kind = "audience" in body ? "audience" : "list";
  return (
    <Autocomplete renderOption={offered}
      size="xs" w={240} aria-label={words.kinds[kind]} placeholder={words.kinds[kind]} data={[...(kind === "audience" ? vocabulary.audiences : vocabulary.lists)]}
      value={textOf(body[kind])} onChange={(name) => change({ [kind]: name }, kind)}
    />
  );
}

function Split({ body, change }: FieldsProps) {
  const words = useBuilderWords();
  const share = (key: "from" | "to") => (
    <NumberInput size="xs" w={84} min={0} max={100} suffix=" %" aria-label={words[key]} value={count(body[key])} onChange={(next) => change({ ...body, [key]: next }, key)} />
  );
  return (
    <>
      <TextInput size="xs" w={148} aria-label={words.salt} title={words.saltHint} value={textOf(body["split"])} onChange={(event) => change({ ...body, split: event.currentTarget.value }, "split")} />
      {share("from")}
      <span className="w-meta">{words.to}</span>
      {share("to")}
    </>
  );
}

const HOURS = Array.from({ length: 25 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, "0")}:00` }));

function LocalTime({ body, change }: FieldsProps) {
  const words = useBuilderWords();
  const local = isBody(body["local_time"]) ? body["local_time"] : {};
  const set = (part: Body) => change({ local_time: { ...local, ...part } });
  const hour = (key: "from" | "to", other: number) => (
    <Select size="xs" w={84} allowDeselect={false} aria-label={words[key]} data={HOURS} value={String(local[key] ?? other)} onChange={(next) => next && set({ [key]: Number(next) })} />
  );
  return (
    <>
      <MultiSelect
        size="xs" className="grow" aria-label={words.weekday} placeholder={listOf(local["weekdays"]).length === 0 ? words.everyDay : ""}
        data={Object.entries(words.weekdays).map(([value, label]) => ({ value, label }))} value={listOf(local["weekdays"]).map(String)}
        onChange={(weekdays) => change({ local_time: weekdays.length === 0 ? without(local, "weekdays") : { ...local, weekdays } })}
      />
      {hour("from", 0)}
      <span className="w-meta">{words.to}</span>
      {hour("to", 24)}
    </>
  );
}
