import { ActionIcon, Autocomplete, Select } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { offered } from "@/ui/offered";
import { useBuilderWords } from "@/words/builder";
import { type Change, compared, Comparison } from "./comparison";
import { blankOperand, factsOf, operatorsOf, type Source, SOURCES, sourceOf, type SourceKind, useValues, type Vocabulary } from "./known";
import { type Body, isBody, listOf, textOf, without } from "./rule";

const AMONG = { width: "max-content", position: "bottom-start" } as const;

interface SourceProps {
  source: Source;
  put: (source: Source) => void;
  vocabulary: Vocabulary;
  label: string;
}

/** What happened: an event, a record of a system, or a type such as page. */
export function SourceField({ source, put, vocabulary, label }: SourceProps) {
  const words = useBuilderWords();
  const usual = source.kind === "event";
  return (
    <span className="w-joined">
      <Select
        size="xs" w={usual ? 84 : 92} allowDeselect={false} aria-label={`${label}, ${words.sort}`} value={source.kind} data={SOURCES.map((value) => ({ value, label: words.sources[value] }))}
        onChange={(kind) => kind && kind !== source.kind && put({ kind: kind as SourceKind, name: "" })}
      />
      <Autocomplete renderOption={offered}
        size="xs" w={172} aria-label={label} placeholder={words.sources[source.kind]} data={[...vocabulary.names(source.kind)]} comboboxProps={AMONG} limit={100}
        value={source.name} onChange={(name) => put({ ...source, name })}
      />
    </span>
  );
}

interface WhereProps {
  where: unknown;
  put: (where: readonly Body[], about?: string) => void;
  source: Source;
  vocabulary: Vocabulary;
}

/** The conditions on the properties of what happened, and a way to add one. */
export function Where({ where, put, source, vocabulary }: WhereProps) {
  const words = useBuilderWords();
  const conditions = listOf(where).filter(isBody);
  return (
    <>
      {conditions.map((condition, index) => (
        <Condition
          key={index} condition={condition} source={source} vocabulary={vocabulary}
          change={(next, about) => put(conditions.map((each, at) => (at === index ? next : each)), about && `where:${index}:${about}`)}
          remove={() => put(conditions.filter((_, at) => at !== index))}
        />
      ))}
      <button type="button" className="w-link w-meta w-more" onClick={() => put([...conditions, { property: "", is: "" }])}>
        <IconPlus size={12} aria-hidden="true" /> {words.addWhere}
      </button>
    </>
  );
}

function Condition({ condition, change, remove, source, vocabulary }: { condition: Body; change: Change; remove: () => void; source: Source; vocabulary: Vocabulary }) {
  const words = useBuilderWords();
  const key = ["property", "context", "at"].find((each) => each in condition) ?? "property";
  const name = textOf(condition[key]);
  const fields = vocabulary.properties(source);
  const valuesOf = useValues(source, vocabulary);
  const named = (next: string) => {
    const field = key === "property" ? fields.find((each) => each.name === next) : undefined;
    if (!field) return change({ ...condition, [key]: next }, "name");
    const operator = operatorsOf(field.type, false)[0] ?? "is";
    change({ ...compared({ [key]: next }, operator, blankOperand(operator, field.type), field.type, false) }, "name");
  };
  return (
    <div className="w-where">
      <Select
        size="xs" w={100} allowDeselect={false} aria-label={`${words.where}, ${words.sort}`} value={key} data={["property", "context", "at"].map((value) => ({ value, label: words.paths[value] ?? value }))}
        onChange={(next) => next && change(next === "at" ? { at: "hour", at_least: 9 } : { [next]: "", is: "" })}
      />
      {key === "at" ? (
        <Select
          size="xs" w={120} allowDeselect={false} aria-label={words.where} value={name} data={["hour", "weekday"].map((value) => ({ value, label: words.parts[value] ?? value }))}
          onChange={(next) => next && change(next === "hour" ? { at: next, at_least: 9 } : { at: next, one_of: ["saturday", "sunday"] })}
        />
      ) : (
        <Autocomplete renderOption={offered} size="xs" w={148} aria-label={words.where} placeholder={words.paths[key] ?? ""} classNames={{ input: "w-mono" }} data={fields.map((each) => each.name)} comboboxProps={AMONG} limit={100} value={name} onChange={named} />
      )}
      <Comparison
        body={condition} change={change} of={name} examples={key === "property" ? valuesOf(name, fields.find((each) => each.name === name)?.examples ?? []) : []}
        type={key !== "at" ? undefined : name === "weekday" ? "text" : "number"}
      />
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`${words.removeWhere}: ${name}`} title={words.removeWhere} onClick={remove}>
        <IconX size={14} aria-hidden="true" />
      </ActionIcon>
    </div>
  );
}

interface FactsProps {
  facts: unknown;
  put: (facts: unknown, about?: string) => void;
  vocabulary: Vocabulary;
  label: string;
}

/** A source with its conditions, as the parts of a sequence and first and last times have it. */
export function Facts({ facts, put, vocabulary, label }: FactsProps) {
  const source = sourceOf(facts);
  const where = isBody(facts) ? facts["where"] : undefined;
  return (
    <>
      <SourceField source={source} put={(next) => put(factsOf(next, next.kind === source.kind ? where : []), "source")} vocabulary={vocabulary} label={label} />
      <Where where={where} put={(next, about) => put(factsOf(source, next), about)} source={source} vocabulary={vocabulary} />
    </>
  );
}

/** `did` names another source; conditions on the properties of another kind of it mean nothing. */
export const didOf = (body: Body, source: Source): Body => ({
  ...(source.kind === sourceOf(body["did"]).kind ? body : without(body, "where")), did: factsOf(source, []),
});
