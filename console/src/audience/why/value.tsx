import type { ReactNode } from "react";
import { Ago, Num, Text } from "@/ui/values";
import { useFormat } from "@/words";
import { useWhyWords } from "@/words/why";
import type { Clause } from "./tree";

/** What a clause compared, as its type is read: a time with how long ago, a list as a list, yes or no. */
export function Value({ of }: { of: Clause }): ReactNode {
  const words = useWhyWords();
  const format = useFormat();
  const { value, type } = of;
  if (value === null || value === undefined) return <span className="w-meta">{words.missing}</span>;
  if (of.kind === "consent") return <span>{words.states[String(value)] ?? String(value)}</span>;
  if (typeof value === "boolean") return <span>{value ? words.yes : words.no}</span>;
  if (typeof value === "number") return <Num value={value} of={format.exact} />;
  if (type === "time" && typeof value === "string") return <Moment at={value} />;
  if (Array.isArray(value)) return value.length === 0 ? <span className="w-meta">{words.missing}</span> : <bdi>{format.list(value.map(String))}</bdi>;
  return <Text value={value} />;
}

/** A moment as a clock has it and as a person says it. */
export function Moment({ at }: { at: string }) {
  const format = useFormat();
  return <span className="w-moment"><Ago at={at} /> <span className="w-meta">{format.hour(at)}</span></span>;
}
