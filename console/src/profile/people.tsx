import { SegmentedControl } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { Find } from "@/ui/filter";
import { Page, Section } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";
import { nameOf } from "./name";

type Person = Schema["PersonView"];

const PAGE = 100;
const IDENTIFIERS = 3;

export function People() {
  const words = useWords();
  const navigate = useNavigate();
  const { q = "", known = "" } = useSearch({ strict: false }) as Search;
  const [, setKnown] = useParam("known");
  const query = api.useInfiniteQuery(
    "get", "/api/people",
    { params: { query: { q, limit: PAGE, ...(known ? { known: known === "1" } : {}) } } },
    { pageParamName: "after", initialPageParam: null, getNextPageParam: (last: Schema["PeoplePage"]) => last.next ?? undefined },
  );
  const columns = useMemo(() => columnsOf(words), [words]);
  const more = () => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  return (
    <Page title={words.people.title}>
      <div className="w-chips">
        <Find label={words.people.search} size="sm" w="min(440px, 100%)" type="search" autoFocus={!q} />
        <SegmentedControl
          size="xs" value={known} onChange={(value) => setKnown(value)} aria-label={words.people.kind}
          data={[{ value: "", label: words.people.all }, { value: "1", label: words.people.known }, { value: "0", label: words.people.anonymous }]}
        />
      </div>
      <Section title={q ? words.people.found : words.people.latest}>
        <Ask query={query as never}>
          {(data: { pages: Schema["PeoplePage"][] }) => {
            const people = data.pages.flatMap((page) => page.people);
            if (people.length === 0) return <Empty {...(q || known ? words.people.noMatch : words.people.none)} />;
            return (
              <Table
                name="people" label={words.people.title} rows={people} columns={columns} id={(row) => row.profile_id} more={more} height={720}
                open={(row) => void navigate({ to: "/people/$profile", params: { profile: row.profile_id } })}
              />
            );
          }}
        </Ask>
      </Section>
    </Page>
  );
}

function columnsOf(words: Words): readonly Column<Person>[] {
  return [
    { id: "name", head: words.columns.name, cell: (row) => <Called person={row} /> },
    { id: "identifiers", head: words.columns.identifiers, roomy: true, cell: (row) => <Identifiers person={row} /> },
    { id: "audiences", head: words.columns.audiences, fit: true, align: "right", roomy: true, cell: (row) => <Num value={row.audiences} /> },
    { id: "events", head: words.columns.events, fit: true, align: "right", cell: (row) => <Num value={row.events} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, cell: (row) => <Ago at={row.last_seen_at} /> },
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
  const others = person.identifiers.filter((each) => each.value !== name);
  const shown = others.slice(0, IDENTIFIERS).map((each) => `${each.namespace} ${each.value}`).join(" · ");
  return (
    <span className="w-meta">
      <Text value={shown} /> {others.length > IDENTIFIERS && words.people.more(String(others.length - IDENTIFIERS))}
    </span>
  );
}
