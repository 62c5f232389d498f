import { Autocomplete, Button, Menu, Popover } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { type Search, useParam } from "@/ui/url";
import { useWords } from "@/words";

interface Option {
  value: string;
  label: string;
}

export interface Filterable {
  param: string;
  name: string;
  /** All there can be; without it whatever is typed. */
  options?: readonly Option[];
  /** What may well be meant. */
  hints?: readonly string[];
}

/** Puts one more filter on: first what by, then which value. Those that are on stand beside it as chips. */
export function FilterBy({ of }: { of: readonly Filterable[] }) {
  const words = useWords();
  const search = useSearch({ strict: false }) as Search;
  const [chosen, choose] = useState<Filterable | null>(null);
  const [opened, setOpened] = useState(false);
  const free = of.filter((each) => !search[each.param]);
  const close = () => {
    setOpened(false);
    choose(null);
  };
  if (free.length === 0) return null;
  const only = free.length === 1 ? (free[0] ?? null) : null;
  const by = chosen ?? only;
  return (
    <Popover withRoles={false} opened={opened && by !== null && !by.options} onChange={(open) => !open && close()} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <span>
          <Menu opened={opened && (by === null || by.options !== undefined)} onChange={(open) => (open ? setOpened(true) : (by === null || by.options) && close())} position="bottom-start" shadow="md" closeOnItemClick={false} transitionProps={{ duration: 120 }}>
            <Menu.Target>
              <Button size="compact-sm" variant="default" leftSection={<IconFilter size={14} aria-hidden="true" />}>{only ? only.name : words.acts.filter}</Button>
            </Menu.Target>
            <Menu.Dropdown>
              {by?.options ? (
                <Values of={by} close={close} />
              ) : (
                free.map((each) => <Menu.Item key={each.param} onClick={() => choose(each)}>{each.name}</Menu.Item>)
              )}
            </Menu.Dropdown>
          </Menu>
        </span>
      </Popover.Target>
      <Popover.Dropdown>{by && !by.options && <Typed of={by} close={close} />}</Popover.Dropdown>
    </Popover>
  );
}

function Values({ of, close }: { of: Filterable; close: () => void }) {
  const [, set] = useParam(of.param);
  return (of.options ?? []).map(({ value, label }) => (
    <Menu.Item key={value} onClick={() => { set(value); close(); }}>{label}</Menu.Item>
  ));
}

function Typed({ of, close }: { of: Filterable; close: () => void }) {
  const [, set] = useParam(of.param);
  const [text, setText] = useState("");
  const take = (value: string) => {
    if (value.trim()) set(value.trim());
    close();
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); take(text); }}>
      <Autocomplete
        data-autofocus size="xs" w={240} aria-label={of.name} placeholder={of.name} data={[...(of.hints ?? [])]} limit={50}
        value={text} onChange={setText} onOptionSubmit={take} comboboxProps={{ withinPortal: false }}
      />
    </form>
  );
}
