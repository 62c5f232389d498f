import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { api, client, type Schema } from "@/api/client";
import { PAGE_MOST, pages } from "@/api/pages";
import { useMay } from "@/frame/session";
import { nameOf } from "@/profile/name";
import { Chart } from "@/ui/chart";
import { Code } from "@/ui/code";
import { COLOURS, paint } from "@/ui/colours";
import { Figures, Page, Section } from "@/ui/page";
import { ChartShape, FiguresShape, TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useFormat, useLanguage, useWords } from "@/words";
import { useWhyWords, type WhyWords } from "@/words/why";
import { sentenceOf, toldChange } from "./audiences";
import { History } from "./history";
import { Used } from "./used";
import { FindPerson } from "./why/find-person";
import { WhyLink } from "./why/moved";
import { Moves } from "./why/movements";

const DAYS = [1, 7, 30, 90];
const PAGE = 200;
const Standing = lazy(() => import("./standing"));

export function Audience() {
  const words = useWords();
  const format = useFormat();
  const why = useWhyWords();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const { name } = useParams({ from: "/audiences/$name" });
  const mayLook = useMay("profiles");
  const mayWrite = useMay("write");
  const { saved = "" } = useSearch({ strict: false }) as Search;
  const here = (found: readonly Schema["AudienceView"][] | undefined) => found?.find((each) => each.name === name);
  // What was saved is in force when the engine has started again with it.
  const waits = (found: readonly Schema["AudienceView"][] | undefined) => saved !== "" && here(found)?.version !== saved;
  const query = api.useQuery("get", "/api/audiences", {}, { refetchInterval: (held) => (waits(held.state.data) ? 1_000 : 10_000) });
  return (
    <Page
      title={name} about={<bdi>{here(query.data)?.description}</bdi>}
      acts={here(query.data) && (
        <>
          {mayLook && <FindPerson aria-label={why.find} placeholder={why.find} w={256} pick={(person) => void navigate({ to: "/audiences/$name/why", params: { name }, search: { person } as never })} />}
          {mayWrite && <Button size="xs" variant="default" component={Link} to={`/audiences/${name}/edit` as never}>{words.destinations.edit}</Button>}
        </>
      )}
    >
      {waits(query.data) && <p className="w-note w-plain" role="status">{words.destinations.saved}</p>}
      <Ask query={query} shape={<Shape />}>
        {(audiences) => {
          const audience = here(audiences);
          if (!audience) return waits(audiences) ? <Shape /> : <p>{words.lost.what}</p>;
          return (
            <>
              <p className="w-rule"><span className="w-meta">{words.audiences.rule}</span>{sentenceOf(audience, language)}</p>
              <Figures
                figures={[
                  { name: words.columns.size, value: <Num value={audience.size} />, note: toldChange(audience, words, format) },
                  { name: words.columns.entered, value: <Num value={audience.entered_24h} />, note: words.columns.hours, colour: paint(COLOURS.entered) },
                  { name: words.columns.exited, value: <Num value={audience.exited_24h} />, note: words.columns.hours, colour: paint(COLOURS.exited) },
                ]}
              />
              <Sizes name={name} />
              {mayLook && <Moves name={name} />}
              {mayLook && <Suspense fallback={<ChartShape />}><Standing name={name} /></Suspense>}
              {mayLook && <Members name={name} />}
              <Used by={audience.used_by} />
              <Section title={words.audiences.definition} meta={words.audiences.yaml}>
                <Code text={audience.yaml} wrap label={words.audiences.definition} />
              </Section>
              <History kind="audiences" name={name} />
            </>
          );
        }}
      </Ask>
    </Page>
  );
}

function Shape() {
  return (
    <>
      <FiguresShape count={3} />
      <ChartShape />
      <TableShape columns={3} />
    </>
  );
}

function Sizes({ name }: { name: string }) {
  const words = useWords();
  const [days, setDays] = useParam("days", "30");
  const query = api.useQuery(
    "get", "/api/audiences/{name}/sizes", { params: { path: { name }, query: { days: Number(days) || 30 } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Section
      title={words.audiences.size}
      acts={
        <SegmentedControl
          transitionDuration={0} size="xs" value={days} onChange={(value) => setDays(value)} aria-label={words.audiences.size}
          data={DAYS.map((each) => ({ value: String(each), label: words.audiences.days(each) }))}
        />
      }
    >
      <Ask query={query} shape={<ChartShape />}>
        {({ sizes, step_seconds }) => {
          if (sizes.every((each) => each.size === null)) return <span className="w-meta">{words.audiences.noHistory}</span>;
          const shared = { at: sizes.map((each) => each.at), grain: step_seconds < 86_400 ? ("hour" as const) : ("day" as const), unit: words.units.people };
          return (
            <div className="w-cols">
              <Chart id="size" shape="line" title={words.series.members} {...shared} series={[{ name: words.series.members, colour: COLOURS.members, values: sizes.map((each) => each.size) }]} />
              <Chart
                id="moves" shape="bar" title={words.audiences.moves} {...shared}
                series={[
                  { name: words.series.entered, colour: COLOURS.entered, values: sizes.map((each) => each.entered) },
                  { name: words.series.exited, colour: COLOURS.exited, values: sizes.map((each) => each.exited) },
                ]}
              />
            </div>
          );
        }}
      </Ask>
    </Section>
  );
}

function columnsOf(words: Words, why: WhyWords, audience: string): readonly Column<Schema["MemberView"]>[] {
  return [
    { id: "name", head: words.columns.name, text: nameOf, cell: (row) => <Text value={nameOf(row) || words.people.nameless} /> },
    { id: "since", head: words.columns.since, fit: true, text: (row) => row.since, cell: (row) => <Ago at={row.since} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, text: (row) => row.last_seen_at, cell: (row) => <Ago at={row.last_seen_at} /> },
    { id: "profile", head: words.person.profileId, fit: true, optional: true, text: (row) => row.profile_id, cell: (row) => <span className="w-mono">{row.profile_id}</span> },
    { id: "why", head: why.act, fit: true, cell: (row) => <WhyLink audience={audience} person={row.profile_id} told={nameOf(row) || words.people.nameless} /> },
  ];
}

function Members({ name }: { name: string }) {
  const words = useWords();
  const why = useWhyWords();
  const format = useFormat();
  const navigate = useNavigate();
  const query = api.useInfiniteQuery(
    "get", "/api/audiences/{name}/members", { params: { path: { name }, query: { limit: PAGE } } },
    { pageParamName: "after", initialPageParam: null, getNextPageParam: (last: Schema["MemberPage"]) => last.next ?? undefined },
  );
  const all = pages<Schema["MemberView"]>(async (after) => {
    const { data } = await client.GET("/api/audiences/{name}/members", { params: { path: { name }, query: { limit: PAGE_MOST, ...(after ? { after } : {}) } } });
    return { rows: data?.members ?? [], next: data?.next ?? null };
  });
  return (
    <Section title={words.audiences.members}>
      <Ask query={query as never} shape={<TableShape columns={3} />}>
        {(data: { pages: Schema["MemberPage"][] }) => {
          const members = data.pages.flatMap((page) => page.members);
          if (members.length === 0) return <span className="w-meta">{words.audiences.noMembers}</span>;
          return (
            <Table
              name="members" all={all} label={`${words.audiences.members} ${format.exact(members.length)}`} rows={members} columns={columnsOf(words, why, name)} id={(row) => row.profile_id}
              more={query.hasNextPage ? () => { if (!query.isFetchingNextPage) void query.fetchNextPage(); } : undefined}
              open={(row) => void navigate({ to: "/people/$profile", params: { profile: row.profile_id } })}
            />
          );
        }}
      </Ask>
    </Section>
  );
}
