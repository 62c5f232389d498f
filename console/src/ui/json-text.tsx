import { Textarea } from "@mantine/core";
import { useState } from "react";
import { useWords } from "@/words";
import { Copy } from "./code";

const ROWS = 24;

interface JsonTextProps {
  label: string;
  hint: string;
  value: unknown;
  /** Takes what is written as soon as it is complete; throws when it is something else. */
  take: (parsed: unknown) => void;
}

/** A part of a definition as text. */
export function JsonText({ label, hint, value, take }: JsonTextProps) {
  const words = useWords();
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [fault, setFault] = useState(false);
  const typed = (next: string) => {
    setText(next);
    try {
      take(JSON.parse(next));
      setFault(false);
    } catch {
      setFault(true);
    }
  };
  return (
    <div className="w-copy">
      <Textarea
        aria-label={label} description={hint} rows={ROWS} spellCheck={false} classNames={{ input: "w-mono" }}
        error={fault && words.plans.notJson} value={text} onChange={(event) => typed(event.currentTarget.value)}
      />
      <div className="copy"><Copy text={text} /></div>
    </div>
  );
}
