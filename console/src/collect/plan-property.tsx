import { ActionIcon, Checkbox, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { plain } from "@/ui/values";
import { useWords } from "@/words";
import { FORMATS, type PlannedProperty, TYPES, valueOf } from "./plan-draft";

interface RowProps {
  property: PlannedProperty;
  /** Another property has this name. */
  taken: boolean;
  set: (property: PlannedProperty) => void;
  remove: () => void;
}

/** What the plan says of one property. */
export function PropertyRow({ property, taken, set, remove }: RowProps) {
  const words = useWords();
  const { name, types, required, format, values, minimum, maximum, rest } = property;
  const has = (...wanted: string[]) => types.some((each) => wanted.includes(each));
  const of = (label: string) => `${label}: ${name}`;
  const change = (part: Partial<PlannedProperty>) => set({ ...property, ...part });
  return (
    <li className="w-property">
      <TextInput
        size="xs" aria-label={words.columns.property} placeholder={words.columns.property} required value={name} error={taken && words.plans.twice}
        classNames={{ input: "w-mono" }} onChange={(typed) => change({ name: typed.currentTarget.value })}
      />
      <MultiSelect
        size="xs" aria-label={of(words.columns.type)} placeholder={types.length === 0 ? words.plans.anyType : ""} value={[...types]}
        data={TYPES.map((value) => ({ value, label: words.jsonTypes[value] ?? value }))} onChange={(next) => change({ types: next })}
      />
      <Checkbox size="xs" label={words.plans.required} aria-label={of(words.plans.required)} checked={required} onChange={(changed) => change({ required: changed.currentTarget.checked })} />
      <div className="w-row more">
        {has("string") && (
          <Select
            size="xs" w={140} clearable aria-label={of(words.plans.format)} placeholder={words.plans.format} value={format || null}
            data={[...new Set([...FORMATS, ...(format ? [format] : [])])]} onChange={(next) => change({ format: next ?? "" })}
          />
        )}
        {has("number", "integer") && (
          <>
            <NumberInput size="xs" w={88} hideControls aria-label={of(words.plans.least)} placeholder={words.plans.least} value={minimum ?? ""} onChange={(next) => change({ minimum: typeof next === "number" ? next : null })} />
            <NumberInput size="xs" w={88} hideControls aria-label={of(words.plans.most)} placeholder={words.plans.most} value={maximum ?? ""} onChange={(next) => change({ maximum: typeof next === "number" ? next : null })} />
          </>
        )}
        {!has("object", "array") && (
          <TagsInput
            size="xs" className="grow" aria-label={of(words.plans.values)} placeholder={values.length === 0 ? words.plans.values : ""}
            value={values.map(plain)} onChange={(next) => change({ values: next.map((text) => values.find((each) => plain(each) === text) ?? valueOf(text, types)) })}
          />
        )}
        {Object.keys(rest).length > 0 && <span className="w-mono w-meta" title={words.plans.beyond}>{JSON.stringify(rest)}</span>}
      </div>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={of(words.plans.removeProperty)} title={words.plans.removeProperty} onClick={remove}>
        <IconX size={14} aria-hidden="true" />
      </ActionIcon>
    </li>
  );
}
