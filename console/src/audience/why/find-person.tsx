import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { nameOf, rankOf } from "@/profile/name";
import { useWords } from "@/words";

const WAIT_MS = 150;
const FOUND = 8;

type Person = Schema["PersonView"];

interface FindPersonProps extends Pick<SelectProps, "label" | "placeholder" | "w" | "autoFocus" | "aria-label"> {
  /** Who is chosen, and what she is called. */
  chosen?: { profile: string; name: string } | undefined;
  pick: (profile: string) => void;
}

/** Anybody by name, address or identifier, in an audience or not. */
export function FindPerson({ chosen, pick, ...rest }: FindPersonProps) {
  const words = useWords();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), WAIT_MS);
  const q = asked === chosen?.name ? "" : asked;
  const query = api.useQuery("get", "/api/people", { params: { query: { q, limit: FOUND } } }, { placeholderData: keepPreviousData });
  const found = query.data?.people ?? [];
  const called = (each: Person) => nameOf(each) || words.people.nameless;
  const data = found.map((each) => ({ value: each.profile_id, label: called(each) }));
  if (chosen && !found.some((each) => each.profile_id === chosen.profile)) data.unshift({ value: chosen.profile, label: chosen.name });
  const beside = new Map(found.map((each) => [each.profile_id, besides(each)]));
  return (
    <Select
      size="xs" searchable allowDeselect={false} leftSection={<IconSearch size={14} aria-hidden="true" />} nothingFoundMessage={words.palette.nothing}
      placeholder={words.people.search} {...rest}
      data={data} value={chosen?.profile ?? null} onChange={(profile) => profile && pick(profile)}
      onSearchChange={setText} filter={({ options }) => options}
      renderOption={({ option }) => (
        <span className="w-option"><bdi className="w-cut">{option.label}</bdi>{beside.get(option.value) && <bdi className="w-meta w-cut">{beside.get(option.value)}</bdi>}</span>
      )}
    />
  );
}

/** What tells people of one name apart. */
function besides(person: Person): string {
  const name = nameOf(person);
  const [other] = person.identifiers.filter((each) => each.value !== name).sort((a, b) => rankOf(a.namespace) - rankOf(b.namespace));
  return other ? other.value : "";
}
