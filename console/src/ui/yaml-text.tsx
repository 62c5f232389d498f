import { Textarea } from "@mantine/core";
import { CORE_SCHEMA, dump, load } from "js-yaml";
import { useEffect, useState } from "react";
import { Copy } from "./code";
import { useBuilderWords } from "@/words/builder";

type Body = Readonly<Record<string, unknown>>;

const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);

const ROWS = { minRows: 6, maxRows: 28 };

export const yamlOf = (definition: Body): string => dump(definition, { schema: CORE_SCHEMA, lineWidth: 88, noRefs: true });

interface YamlProps {
  definition: Body;
  /** Takes what is written as soon as it is a whole definition. */
  take: (definition: Body) => void;
  label: string;
}

/** The definition as its file says it, read and edited both ways. */
export function Yaml({ definition, take, label }: YamlProps) {
  const words = useBuilderWords();
  const current = JSON.stringify(definition);
  const [text, setText] = useState(() => yamlOf(definition));
  const [taken, setTaken] = useState(current);
  const [fault, setFault] = useState("");
  useEffect(() => {
    if (current === taken) return;
    setText(yamlOf(definition)); // it was changed elsewhere
    setTaken(current);
    setFault("");
  }, [current, taken, definition]);
  const typed = (next: string) => {
    setText(next);
    try {
      const read = load(next, { schema: CORE_SCHEMA });
      if (!isBody(read)) return setFault(words.notMapping);
      setFault("");
      setTaken(JSON.stringify(read));
      take(read);
    } catch (error) {
      setFault(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  };
  return (
    <div className="w-copy">
      <Textarea aria-label={label} {...ROWS} autosize spellCheck={false} classNames={{ input: "w-mono" }} error={fault} value={text} onChange={(event) => typed(event.currentTarget.value)} />
      <div className="copy"><Copy text={text} /></div>
    </div>
  );
}
