import { ActionIcon } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useWords } from "@/words";

/** Text to be copied: a command, a snippet, JSON. */
export function Code({ text, wrap = false, label }: { text: string; wrap?: boolean; label?: string }) {
  return (
    <div className="w-copy">
      <pre className={wrap ? "w-code wrap" : "w-code"} tabIndex={0} aria-label={label} role={label ? "group" : undefined}>
        {text}
      </pre>
      <div className="copy">
        <Copy text={text} />
      </div>
    </div>
  );
}

export function Copy({ text }: { text: string }) {
  const words = useWords();
  const clipboard = useClipboard({ timeout: 1_500 });
  const label = clipboard.copied ? words.acts.copied : words.acts.copy;
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} title={label} onClick={() => clipboard.copy(text)}>
      {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
    </ActionIcon>
  );
}

const LIMIT = 200_000;

/** Any value as indented JSON, bounded. */
export function Json({ value, label }: { value: unknown; label?: string }) {
  const words = useWords();
  const text = JSON.stringify(value, null, 2) ?? "";
  const shown = text.length > LIMIT ? `${text.slice(0, LIMIT)}\n… ${words.states.cut}` : text;
  return <Code text={shown} wrap {...(label === undefined ? {} : { label })} />;
}
