import { Modal, TextInput, useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { nameOf } from "@/profile/name";
import { type Language, LANGUAGES, useLanguage, useWords } from "@/words";
import { onPalette } from "./palette-state";
import { SCREENS } from "./screens";
import { useMay, useSignOut } from "./session";
import { THEMES } from "./top-bar";

interface Item {
  key: string;
  name: string;
  kind: string;
  run: () => void;
}

const FOUND = 6;
const WAIT_MS = 150;

const has = (text: string, part: string) => text.toLocaleLowerCase().includes(part.toLocaleLowerCase());

/** ⌘K: people, audiences, events, screens and actions from one field. */
export function Palette() {
  const [opened, setOpened] = useState(false);
  useHotkeys([["mod+K", () => setOpened(true)]], []);
  useEffect(() => onPalette(() => setOpened(true)), []);
  const words = useWords();
  return (
    <Modal
      opened={opened}
      onClose={() => setOpened(false)}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="12vh"
      attributes={{ content: { "aria-label": words.palette.open } }}
      transitionProps={{ duration: 120, transition: "fade" }}
    >
      <Finder close={() => setOpened(false)} />
    </Modal>
  );
}

function Finder({ close }: { close: () => void }) {
  const words = useWords();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const items = useItems(text.trim());
  const at = Math.min(active, Math.max(0, items.length - 1));

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, items]);

  const run = (item: Item | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setActive(Math.min(at + 1, items.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(at - 1, 0));
    else if (event.key === "Enter") run(items[at]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <TextInput
        data-autofocus
        variant="unstyled"
        size="lg"
        px="md"
        placeholder={words.palette.hint}
        aria-label={words.palette.hint}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={items[at] ? `${id}-${at}` : undefined}
      />
      <ul className="w-palette" role="listbox" id={id} ref={list} aria-label={words.palette.open}>
        {items.map((item, index) => (
          <li
            key={item.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setActive(index)}
            onClick={() => run(item)}
          >
            <bdi className="w-cut">{item.name}</bdi>
            <span className="w-meta">{item.kind}</span>
          </li>
        ))}
      </ul>
      {items.length === 0 && <p className="w-meta w-none" role="status">{words.palette.nothing}</p>}
    </>
  );
}

function useItems(text: string): readonly Item[] {
  const words = useWords();
  const navigate = useNavigate();
  const { speak } = useLanguage();
  const { setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const people = usePeople(text);
  const audiences = api.useQuery("get", "/api/audiences", {}, { enabled: text !== "", staleTime: 60_000 });
  const events = api.useQuery("get", "/api/catalogue", {}, { enabled: text !== "", staleTime: 60_000 });

  return useMemo(() => {
    const screens: Item[] = SCREENS.map(({ to, name }) => ({
      key: to, name: name(words), kind: words.palette.screen, run: () => void navigate({ to }),
    }));
    const actions: Item[] = [
      ...THEMES.map((each) => ({
        key: `theme-${each}`, name: `${words.frame.theme}: ${words.frame.themes[each]}`, kind: words.palette.action, run: () => setColorScheme(each),
      })),
      ...(Object.entries(LANGUAGES) as [Language, string][]).map(([each, name]) => ({
        key: `speak-${each}`, name: `${words.frame.language}: ${name}`, kind: words.palette.action, run: () => speak(each),
      })),
      { key: "sign-out", name: words.frame.signOut, kind: words.palette.action, run: signOut },
    ];
    const found: Item[] = people.map((each) => ({
      key: each.profile_id, name: nameOf(each), kind: words.palette.person,
      run: () => void navigate({ to: "/people/$profile", params: { profile: each.profile_id } }),
    }));
    const groups: Item[] = (audiences.data ?? []).map(({ name }) => ({
      key: `audience-${name}`, name, kind: words.palette.audience,
      run: () => void navigate({ to: "/audiences/$name", params: { name } }),
    }));
    const happened: Item[] = (events.data ?? [])
      .filter((each) => each.property === "" && each.name !== "")
      .map(({ type, name }) => ({
        key: `event-${type}-${name}`, name, kind: words.palette.event,
        run: () => void navigate({ to: "/catalogue/events/$type/$name", params: { type, name } }),
      }));
    if (!text) return [...screens, ...actions];
    const fits = (item: Item) => has(item.name, text);
    return [
      ...found,
      ...screens.filter(fits),
      ...groups.filter(fits).slice(0, FOUND),
      ...happened.filter(fits).slice(0, FOUND),
      ...actions.filter(fits),
    ];
  }, [words, navigate, setColorScheme, signOut, speak, people, audiences.data, events.data, text]);
}

function usePeople(text: string) {
  const allowed = useMay("profiles");
  const [q] = useDebouncedValue(text, WAIT_MS);
  const query = api.useQuery(
    "get", "/api/people", { params: { query: { q, limit: FOUND } } },
    { enabled: allowed && q !== "" && text !== "", placeholderData: keepPreviousData },
  );
  return text === "" ? NOBODY : (query.data?.people ?? NOBODY);
}

const NOBODY: never[] = [];
