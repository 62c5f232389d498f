import { Autocomplete, MultiSelect, Select } from "@mantine/core";
import { Duration, isSession } from "@/audience/builder/duration";
import { listOf, textOf, without } from "@/audience/builder/rule";
import { useBuilderWords } from "@/words/builder";
import { FADES } from "./kinds";
import type { Fault } from "./read";
import { type FieldProps, Row } from "./row";

const LIKE = ["weekday", "part_of_day", "hour"] as const;

/** What makes a trait one of the moment: how fast it fades, at what times it counts, what it is held against. */
export function Moment({ body, change, vocabulary, faults, own }: FieldProps & { faults: readonly Fault[]; own: string }) {
  const { trait: words } = useBuilderWords();
  const fades = "half_life" in body;
  const put = (key: string, value: unknown) => change(value === undefined ? without(body, key) : { ...body, [key]: value }, key);
  return (
    <>
      <Row label={words.lasts} faults={faults} at={["half_life"]}>
        <Select
          size="xs" w={220} allowDeselect={false} aria-label={words.lasts} value={fades ? "fades" : "stays"} data={Object.entries(words.lasting).map(([value, label]) => ({ value, label }))}
          onChange={(next) => change(next === "fades" ? { ...body, half_life: "2h" } : without(body, ...FADES, ...(isSession(body["window"]) ? ["window"] : [])))}
        />
        {fades && <Duration value={textOf(body["half_life"])} put={(next) => put("half_life", next)} label={words.halfLife} />}
      </Row>
      {fades && (
        <>
          <Row label={words.like} faults={faults} at={["like_now"]}>
            <MultiSelect
              size="xs" className="grow" clearable aria-label={words.like} placeholder={listOf(body["like_now"]).length ? "" : words.anyTime} value={listOf(body["like_now"]).map(textOf)}
              data={LIKE.map((value) => ({ value, label: words.likes[value] }))} onChange={(next) => put("like_now", next.length ? next : undefined)}
            />
          </Row>
          <Row label={words.against} faults={faults} at={["beside"]}>
            <Autocomplete
              size="xs" w={220} aria-label={words.against} placeholder={words.againstHint} classNames={{ input: "w-mono" }} limit={50} value={textOf(body["beside"])}
              data={vocabulary.traits.map((each) => each.name).filter((each) => each !== own && !each.startsWith("context."))} onChange={(next) => put("beside", next || undefined)}
            />
          </Row>
        </>
      )}
    </>
  );
}
