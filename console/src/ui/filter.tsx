import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "@/words";
import { type Search, useParam } from "./url";

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

interface Filtered {
  param: string;
  name: string;
  /** The value as a person reads it; as it is in the URL without. */
  told?: (value: string) => string;
}

/** The filters that are on, as the URL has them; each comes off alone or all at once. */
export function Filters({ of }: { of: readonly Filtered[] }) {
  const words = useWords();
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const on = of.filter(({ param }) => search[param]);
  const off = (gone: readonly Filtered[]) => {
    const names = new Set(gone.map(({ param }) => param));
    const kept = (was: Search) => Object.fromEntries(Object.entries(was).filter(([name]) => !names.has(name)));
    void navigate({ to: ".", replace: true, search: kept } as never);
  };
  if (on.length === 0) return null;
  return (
    <>
      {on.map((each) => {
        const value = search[each.param] ?? "";
        return (
          <Chip key={each.param} clear={() => off([each])}>
            <span className="w-meta">{each.name}</span> <bdi>{each.told?.(value) ?? value}</bdi>
          </Chip>
        );
      })}
      {on.length > 1 && <button type="button" className="w-link w-meta" onClick={() => off(on)}>{words.acts.clearAll}</button>}
    </>
  );
}
