import { Autocomplete, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { Duration, Window } from "@/audience/builder/duration";
import { SourceField, Where } from "@/audience/builder/facts";
import { factsOf, type Source, sourceOf, TYPES, useVocabulary } from "@/audience/builder/known";
import { type Body, listOf, textOf, without } from "@/audience/builder/rule";
import { offered } from "@/ui/offered";
import { useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { FADING, FORMULA, KINDS, kindOf, needsOf, sourceKeys, SQL, withKind } from "./kinds";
import { Moment } from "./moment";
import type { Fault } from "./read";
import { type FieldProps, Row } from "./row";

interface FormProps extends Omit<FieldProps, "vocabulary"> {
  faults: readonly Fault[];
  /** The name of the trait itself, which its formula cannot use. */
  name: string;
}

const AMONG = { width: "max-content", position: "bottom-start" } as const;

/** A computed trait as fields, each with what is wrong with it. */
export function TraitForm({ body, change, faults, name }: FormProps) {
  const words = useBuilderWords();
  const all = useWords();
  const vocabulary = useVocabulary();
  const kind = kindOf(body);
  const needs = needsOf(kind);
  const fields = { body, change, vocabulary };
  return (
    <div className="w-trait">
      <Row label={words.trait.kind} faults={faults} at={["kind", ""]}>
        <Select
          size="xs" w={220} allowDeselect={false} searchable aria-label={words.trait.kind} value={kind} data={KINDS.map((value) => ({ value, label: words.trait.kinds[value] ?? value }))}
          onChange={(next) => next && change(withKind(body, next))}
        />
        {needs.k && <NumberInput size="xs" w={64} min={1} max={20} aria-label={words.trait.most} value={Number(body["k"] ?? 3)} onChange={(k) => change({ ...body, k: Number(k) }, "k")} />}
        {needs.units.length > 0 && <Units {...fields} units={needs.units} />}
      </Row>
      {kind === FORMULA ? (
        <Row label={words.trait.formula} faults={faults} at={["formula"]}><Formula {...fields} own={name} /></Row>
      ) : kind === SQL ? (
        <Sql {...fields} faults={faults} />
      ) : (
        <>
          <Row label={words.trait.of} faults={faults} at={["event", "record", "type"]}><Of {...fields} /></Row>
          {needs.property && <Row label={words.trait.property} faults={faults} at={["property", "context", "multiply", "as", "at"]}><Property {...fields} times={kind === "sum"} /></Row>}
          <Row label={words.where} faults={faults} at={["where"]}>
            <Where where={body["where"]} source={sourceOf(facts(body))} vocabulary={vocabulary} put={(where, about) => change(where.length === 0 ? without(body, "where") : { ...body, where }, about)} />
          </Row>
          <Row label={words.within} faults={faults} at={["window"]}>
            <Window value={body["window"]} session={"half_life" in body} put={(window) => change(window === undefined ? without(body, "window") : { ...body, window }, "window")} label={words.within} />
          </Row>
          {FADING.includes(kind) && <Moment {...fields} faults={faults} own={name} />}
        </>
      )}
      <Row label={all.plans.description} faults={faults} at={["description"]}>
        <TextInput size="xs" className="grow" aria-label={all.plans.description} placeholder={words.descriptionHint} value={textOf(body["description"])} onChange={(event) => change({ ...body, description: event.currentTarget.value || undefined }, "description")} />
      </Row>
    </div>
  );
}

/** The source of a trait as a rule has it. */
function facts(body: Body): unknown {
  const key = sourceKeys.find((each) => each in body) ?? "event";
  return key === "event" ? textOf(body["event"]) : { [key]: body[key] };
}

function Of({ body, change, vocabulary }: FieldProps) {
  const words = useBuilderWords();
  const source = sourceOf(facts(body));
  const put = (next: Source) => {
    const rest = without(body, ...sourceKeys, ...(next.kind === source.kind ? [] : ["where"]));
    const written = factsOf(next, []);
    change({ ...rest, ...(typeof written === "string" ? { event: written } : (written as Body)) }, "source");
  };
  return <SourceField source={source} put={put} vocabulary={vocabulary} label={words.trait.of} />;
}

/** What is read of each fact: a property, or of the context; of a sum the product of two. */
function Property({ body, change, vocabulary, times }: FieldProps & { times: boolean }) {
  const words = useBuilderWords();
  const known = vocabulary.properties(sourceOf(facts(body)));
  const factors = listOf(body["multiply"]);
  const field = (value: string, label: string, put: (next: string) => void) => (
    <Autocomplete renderOption={offered} size="xs" w={168} aria-label={label} placeholder={words.paths["property"] ?? ""} classNames={{ input: "w-mono" }} data={known.map((each) => each.name)} comboboxProps={AMONG} limit={100} value={value} onChange={put} />
  );
  if (times && factors.length === 2) {
    const factor = (index: number) => field(textOf(factors[index]), `${words.trait.property} ${index + 1}`, (next) => change({ ...body, multiply: factors.map((each, at) => (at === index ? next : each)) }, `factor${index}`));
    return (
      <>
        {factor(0)}<span className="w-meta">×</span>{factor(1)}
        <button type="button" className="w-link w-meta" onClick={() => change({ ...without(body, "multiply"), property: textOf(factors[0]) })}>{words.trait.oneProperty}</button>
      </>
    );
  }
  const key = "context" in body ? "context" : "property";
  return (
    <>
      <Select size="xs" w={100} allowDeselect={false} aria-label={`${words.trait.property}, ${words.sort}`} value={key} data={["property", "context"].map((value) => ({ value, label: words.paths[value] ?? value }))} onChange={(next) => next && change({ ...without(body, "property", "context", "at"), [next]: "" })} />
      {field(textOf(body[key]), words.trait.property, (next) => change({ ...without(body, "at"), [key]: next }, "property"))}
      <Select
        size="xs" w={132} clearable aria-label={words.as} placeholder={words.trait.usualType} value={textOf(body["as"]) || null} data={TYPES.map((value) => ({ value, label: words.valueTypes[value] }))}
        onChange={(next) => change(next ? { ...body, as: next } : without(body, "as"))}
      />
      {times && key === "property" && <button type="button" className="w-link w-meta" onClick={() => change({ ...without(body, "property", "as"), multiply: [textOf(body["property"]), ""] })}>{words.trait.product}</button>}
    </>
  );
}

function Units({ body, change, units }: FieldProps & { units: readonly string[] }) {
  const words = useBuilderWords();
  return (
    <Select
      size="xs" w={108} allowDeselect={false} aria-label={words.unit} value={textOf(body["unit"]) || "day"} data={units.map((value) => ({ value, label: words.trait.units[value] ?? value }))}
      onChange={(unit) => unit && change(unit === "day" ? without(body, "unit") : { ...body, unit })}
    />
  );
}

/** A statement that gives each person a value, what it holds, and how often it is run. */
function Sql({ body, change, faults }: FieldProps & { faults: readonly Fault[] }) {
  const words = useBuilderWords();
  return (
    <>
      <Row label="SQL" faults={faults} at={["sql"]}>
        <Textarea size="xs" className="grow" autosize minRows={4} maxRows={20} spellCheck={false} classNames={{ input: "w-mono" }} aria-label="SQL" value={textOf(body["sql"])} onChange={(event) => change({ ...body, sql: event.currentTarget.value }, "sql")} />
      </Row>
      <Row label={words.as} faults={faults} at={["as"]}>
        <Select size="xs" w={132} allowDeselect={false} aria-label={words.as} value={textOf(body["as"])} data={TYPES.map((value) => ({ value, label: words.valueTypes[value] }))} onChange={(next) => next && change({ ...body, as: next })} />
      </Row>
      <Row label={words.trait.every} faults={faults} at={["every"]}>
        <Duration value={textOf(body["every"]) || "1d"} put={(every) => change({ ...body, every }, "every")} label={words.trait.every} />
      </Row>
    </>
  );
}

const LAST_WORD = /[\p{L}_][\p{L}\p{N}_]*$/u;

/** A formula; the name of a trait is completed where one is being typed. */
function Formula({ body, change, vocabulary, own }: FieldProps & { own: string }) {
  const words = useBuilderWords();
  const formula = textOf(body["formula"]);
  const begun = LAST_WORD.exec(formula)?.[0] ?? "";
  const before = formula.slice(0, formula.length - begun.length);
  const names = vocabulary.traits.filter((each) => each.computed && each.name !== own && (each.type === "number" || each.type === "time")).map((each) => each.name);
  const fitting = names.filter((each) => each !== begun && each.toLowerCase().includes(begun.toLowerCase()));
  return (
    <Autocomplete
      size="xs" className="grow" classNames={{ input: "w-mono" }} aria-label={words.trait.formula} placeholder="(spend_365d - spend_before) / spend_before" comboboxProps={AMONG}
      data={fitting.map((each) => ({ value: before + each, label: before + each }))} filter={({ options }) => options} limit={50} renderOption={({ option }) => <bdi>{option.value.slice(before.length)}</bdi>}
      value={formula} onChange={(next) => change({ ...body, formula: next }, "formula")}
    />
  );
}
