import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "@/words";
import { useParam } from "./url";

const WAIT_MS = 200;

/** A field that filters, kept in the URL a moment after typing ends. */
export function Find({ param = "q", label, ...rest }: { param?: string; label: string } & Omit<TextInputProps, "label" | "onChange" | "value">) {
  const [kept, keep] = useParam(param);
  const [text, setText] = useState(kept);
  const later = useDebouncedCallback((value: string) => keep(value.trim()), WAIT_MS);
  useEffect(() => setText((typed) => (typed.trim() === kept ? typed : kept)), [kept]);
  return (
    <TextInput
      size="xs"
      w={220}
      aria-label={label}
      placeholder={label}
      {...rest}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}

/** A filter that is on; its cross takes it off. */
export function Chip({ children, clear }: { children: ReactNode; clear?: () => void }) {
  const words = useWords();
  return (
    <span className="w-chip">
      <span className="w-cut">{children}</span>
      {clear && (
        <button type="button" onClick={clear} aria-label={words.acts.clear}>
          <IconX size={12} aria-hidden="true" />
        </button>
      )}
    </span>
  );
}
