import { Autocomplete, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { offered } from "@/ui/offered";
import { useBuilderWords } from "@/words/builder";
import { Duration } from "./duration";
import { blankOperand, inferred, operatorsOf, TYPES, typeOf, type ValueType } from "./known";
import { type Body, isBody, listOf, type Operator, operatorOf, OPERATORS, textOf, without } from "./rule";

/** `about` names the field, so that what is typed into it is one step back. */
export type Change = (body: Body, about?: string) => void;

interface ComparisonProps {
  body: Body;
  change: Change;
  /** The type where it is certain; `as` is not written then. */
  type?: ValueType | undefined;
  examples: readonly string[];
  /** Whether a share of the people may be asked for. */
  percent?: boolean;
  /** What is compared, for the names of the fields. */
  of: string;
}

/** A body with another comparison: the operator, its operand, and `as` where they do not tell the type. */
export function compared(body: Body, operator: Operator, operand: unknown, type: ValueType, certain: boolean): Body {
  const rest = without(body, ...OPERATORS, "as");
  return { ...rest, [operator]: operand, ...(certain || inferred(operator, operand) === type ? {} : { as: type }) };
}

/** An operator of the type and what it compares with. */
export function Comparison({ body, change, type, examples, percent = false, of }: ComparisonProps) {
  const words = useBuilderWords();
  const kind = type ?? typeOf(body);
  const operators = operatorsOf(kind, percent);
  const operator = operatorOf(body) ?? operators[0] ?? "is";
  const operand = body[operator];
  const named = (label: string) => `${label}: ${of}`;
  const put = (next: Operator, value: unknown, as = kind) => change(compared(body, next, value, as, type !== undefined), `operand:${next}`);
  const chosen = operator === "exists" && operand === false ? "missing" : operator;
  const choose = (value: string) => {
    if (value === "missing") return change(compared(body, "exists", false, kind, type !== undefined));
    const next = value as Operator;
    const alike = !["exists", "between", "one_of", "none_of", "top_percent", "bottom_percent"].some((each) => each === next || each === operator);
    change(compared(body, next, alike && operand !== undefined ? operand : blankOperand(next, kind), kind, type !== undefined));
  };
  const retype = (as: ValueType) => {
    const first = operatorsOf(as, percent)[0] ?? "is";
    const kept = operatorsOf(as, percent).includes(operator) ? operator : first;
    change(compared(body, kept, blankOperand(kept, as), as, false));
  };
  return (
    <>
      {type === undefined && (
        <Select
          size="xs" w={92} allowDeselect={false} aria-label={named(words.as)} value={kind} onChange={(value) => value && retype(value as ValueType)}
          data={TYPES.map((value) => ({ value, label: words.valueTypes[value] }))}
        />
      )}
      <Select
        size="xs" w={132} allowDeselect={false} aria-label={named(words.operator)} value={chosen} onChange={(value) => value && choose(value)}
        data={[...new Set([...operators, operator])].flatMap((value) => value === "exists" ? [{ value, label: words.exists }, { value: "missing", label: words.missing }] : [{ value, label: kind === "time" ? (words.timeOperators[value] ?? words.operators[value]) : words.operators[value] }])}
      />
      {operator !== "exists" && <Operand kind={kind} operator={operator} operand={operand} put={(value) => put(operator, value)} examples={examples} named={named} />}
    </>
  );
}

interface OperandProps {
  kind: ValueType;
  operator: Operator;
  operand: unknown;
  put: (value: unknown) => void;
  examples: readonly string[];
  named: (label: string) => string;
}

function Operand({ kind, operator, operand, put, examples, named }: OperandProps) {
  const words = useBuilderWords();
  if (isBody(operand)) {
    const plus = operand["plus"] === undefined ? "" : ` ${textOf(operand["plus"])}`;
    return <span className="w-mono">{textOf(operand["property"] ?? operand["context"])}{plus}</span>;
  }
  if (operator === "between") {
    const [low, high] = listOf(operand);
    return (
      <>
        <One kind={kind} value={low} put={(value) => put([value, high ?? ""])} examples={examples} label={named(words.from)} />
        <span className="w-meta">{words.and}</span>
        <One kind={kind} value={high} put={(value) => put([low ?? "", value])} examples={examples} label={named(words.to)} />
      </>
    );
  }
  if (operator === "one_of" || operator === "none_of") {
    const typed = (text: string) => (kind === "number" && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text);
    return (
      <TagsInput renderOption={offered}
        size="xs" className="grow" aria-label={named(words.value)} placeholder={listOf(operand).length === 0 ? words.values : ""} data={[...examples]}
        value={listOf(operand).map((each) => String(each))} onChange={(values) => put(values.map(typed))}
      />
    );
  }
  if (operator === "top_percent" || operator === "bottom_percent") {
    return <NumberInput size="xs" w={84} min={0} max={100} suffix=" %" aria-label={named(words.value)} value={typeof operand === "number" ? operand : ""} onChange={(value) => put(value)} />;
  }
  return <One kind={kind} value={operand} put={put} examples={examples} label={named(words.value)} />;
}

interface OneProps {
  kind: ValueType;
  value: unknown;
  put: (value: unknown) => void;
  examples: readonly string[];
  label: string;
}

function One({ kind, value, put, examples, label }: OneProps) {
  const words = useBuilderWords();
  if (kind === "number") {
    return <NumberInput size="xs" w={88} hideControls aria-label={label} placeholder={examples[0] ?? "0"} value={typeof value === "number" ? value : ""} onChange={(next) => put(next)} />;
  }
  if (kind === "boolean") {
    return (
      <Select
        size="xs" w={84} allowDeselect={false} aria-label={label} value={value === false ? "false" : "true"} onChange={(next) => put(next === "true")}
        data={[{ value: "true", label: words.yes }, { value: "false", label: words.no }]}
      />
    );
  }
  if (kind === "time") return <Moment value={textOf(value)} put={put} label={label} />;
  return (
    <Autocomplete renderOption={offered}
      size="xs" className="grow" aria-label={label} placeholder={examples[0] ?? words.value} data={[...examples]} comboboxProps={{ width: "max-content", position: "bottom-start" }}
      value={value === undefined ? "" : String(value)} onChange={(next) => put(next)}
    />
  );
}

const RELATIVE = /^now([+-])(\d+[smhdw])$/;

/** A time: so long ago, in so long, the start of a day or month, or a date. */
function Moment({ value, put, label }: { value: string; put: (value: string) => void; label: string }) {
  const words = useBuilderWords();
  const found = RELATIVE.exec(value);
  const starts = Object.keys(words.starts);
  const mode = found ? found[1] === "-" ? "ago" : "ahead" : starts.includes(value) ? value : "date";
  const begin = (next: string) => put(next === "ago" ? `now-${found?.[2] ?? "30d"}` : next === "ahead" ? `now+${found?.[2] ?? "30d"}` : next === "date" ? "" : next);
  return (
    <>
      {found && <Duration value={found[2] ?? "30d"} put={(length) => put(`now${found[1]}${length}`)} label={label} />}
      <Select
        size="xs" w={132} allowDeselect={false} aria-label={`${label}, ${words.when}`} value={mode} onChange={(next) => next && begin(next)}
        data={[{ value: "ago", label: words.ago }, { value: "ahead", label: words.ahead }, ...starts.map((each) => ({ value: each, label: words.starts[each] ?? each })), { value: "date", label: words.date }]}
      />
      {mode === "date" && <TextInput size="xs" w={132} aria-label={label} placeholder="2026-01-31" value={value} onChange={(event) => put(event.currentTarget.value)} />}
    </>
  );
}
