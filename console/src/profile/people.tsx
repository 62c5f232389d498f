import { SegmentedControl } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, client, type Schema } from "@/api/client";
import { PAGE_MOST, pages } from "@/api/pages";
import { Find } from "@/ui/filter";
import { Page, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";
import { nameOf, rankOf } from "./name";

type Person = Schema["PersonView"];

const PAGE = 100;
const IDENTIFIERS = 3;
const AUDIENCES = 2;

export function People() {
  const words = useWords();
  const { q = "", known = "" } = useSearch({ strict: false }) as Search;
  const [, setKnown] = useParam("known");
  return (
    <Page title={words.people.title}>
      <div className="w-chips">
        <Find
          label={words.people.search} size="sm" w="min(440px, 100%)" type="search" autoFocus={!q}
          leftSection={<IconSearch size={14} aria-hidden="true" />}
        />
        <SegmentedControl
          size="xs" value={known} onChange={(value) => setKnown(value)} aria-label={words.people.kind}
          data={[{ value: "", label: words.people.all }, { value: "1", label: words.people.known }, { value: "0", label: words.people.anonymous }]}
        />
      </div>
      <Section title={q ? words.people.found : words.people.latest}>
        <Found q={q} known={known} />
      </Section>
    </Page>
  );
}

function Found({ q, known }: { q: string; known: string }) {
  const words = useWords();
  const navigate = useNavigate();
  const filter = { q, ...(known ? { known: known === "1" } : {}) };
  const query = api.useInfiniteQuery(
    "get", "/api/people", { params: { query: { ...filter, limit: PAGE } } },
    {
      pageParamName: "after", initialPageParam: null, getNextPageParam: (last: Schema["PeoplePage"]) => last.next ?? undefined,
      placeholderData: keepPreviousData,
    },
  );
  const columns = useMemo(() => columnsOf(words), [words]);
  const more = () => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  const all = pages<Person>(async (after) => {
    const { data } = await client.GET("/api/people", { params: { query: { ...filter, limit: PAGE_MOST, ...(after ? { after } : {}) } } });
    return { rows: data?.people ?? [], next: data?.next ?? null };
  });
  return (
    <Ask query={query as never} shape={<TableShape rows={14} columns={5} />}>
      {(data: { pages: Schema["PeoplePage"][] }) => {
        const people = data.pages.flatMap((page) => page.people);
        if (people.length === 0) return <Empty {...(q || known ? words.people.noMatch : words.people.none)} />;
        return (
          <Table
            name="people" label={words.people.title} rows={people} columns={columns} id={(row) => row.profile_id}
            more={query.hasNextPage ? more : undefined} all={all} height={720}
            open={(row) => void navigate({ to: "/people/$profile", params: { profile: row.profile_id } })}
          />
        );
      }}
    </Ask>
  );
}

function columnsOf(words: Words): readonly Column<Person>[] {
  return [
    { id: "name", head: words.columns.name, text: nameOf, cell: (row) => <Called person={row} /> },
    {
      id: "identifiers", head: words.columns.identifiers, roomy: true, cell: (row) => <Identifiers person={row} />,
      text: (row) => row.identifiers.map((each) => `${each.namespace}:${each.value}`).join(" "),
    },
    { id: "audiences", head: words.columns.audiences, roomy: true, text: (row) => row.audiences.join(" "), cell: (row) => <Audiences of={row.audiences} /> },
    { id: "events", head: words.columns.events, fit: true, align: "right", text: (row) => row.events, cell: (row) => <Num value={row.events} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, text: (row) => row.last_seen_at, cell: (row) => <Ago at={row.last_seen_at} /> },
    { id: "profile", head: words.person.profileId, fit: true, optional: true, text: (row) => row.profile_id, cell: (row) => <span className="w-mono">{row.profile_id}</span> },
  ];
}

export function Called({ person }: { person: Pick<Person, "name" | "identifiers"> }) {
  const words = useWords();
  const name = nameOf(person);
  return name ? <Text value={name} /> : <span className="w-meta">{words.people.nameless}</span>;
}

function Identifiers({ person }: { person: Person }) {
  const words = useWords();
  const name = nameOf(person);
  const others = person.identifiers.filter((each) => each.value !== name).sort((a, b) => rankOf(a.namespace) - rankOf(b.namespace));
  const shown = others.slice(0, IDENTIFIERS).map((each) => `${each.namespace} ${each.value}`).join(" · ");
  return (
    <span className="w-meta">
      <Text value={shown} /> {others.length > IDENTIFIERS && words.people.more(String(others.length - IDENTIFIERS))}
    </span>
  );
}

function Audiences({ of }: { of: readonly string[] }) {
  const words = useWords();
  return (
    <span className="w-meta" title={of.length > AUDIENCES ? of.join("\n") : undefined}>
      <bdi>{of.slice(0, AUDIENCES).join(" · ")}</bdi> {of.length > AUDIENCES && words.people.more(String(of.length - AUDIENCES))}
    </span>
  );
}
