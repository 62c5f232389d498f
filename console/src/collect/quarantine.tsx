import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Filters } from "@/ui/filter";
import { Page, Section } from "@/ui/page";
import { Ask, Empty, Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, Num, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { RefusedEvent } from "./quarantine-event";

type Refused = Schema["QuarantinedView"];
type Wanted = Partial<Schema["Replay"]>;

const PAGE = 200;

/** Puts refused events into the log again; what is listed is asked anew. */
export function useReplay() {
  const queries = useQueryClient();
  return api.useMutation("post", "/api/quarantine/replay", {
    onSuccess: () => queries.invalidateQueries({ predicate: (query) => String(query.queryKey[1]).startsWith("/api/quarantine") }),
  });
}

export function Quarantine() {
  const words = useWords();
  const mayLook = useMay("profiles");
  const counts = api.useQuery("get", "/api/quarantine/counts", {}, { refetchInterval: 10_000 });
  const { reason = "" } = useSearch({ strict: false }) as Search;
  const [, setReason] = useParam("reason");
  return (
    <Page title={words.quarantine.title} about={words.quarantine.about}>
      <Ask query={counts}>
        {(found) => {
          const reasons = Object.entries(found).sort((a, b) => b[1] - a[1]);
          if (reasons.length === 0) return <Empty {...words.quarantine.none} />;
          return (
            <>
              <Section title={words.quarantine.reasons} acts={mayLook && <Again wanted={reason ? { reason } : {}} count={reason ? (found[reason] ?? 0) : reasons.reduce((sum, [, count]) => sum + count, 0)} />}>
                <Table
                  label={words.quarantine.reasons} rows={reasons} id={([name]) => name} selected={reason} open={([name]) => setReason(name === reason ? "" : name, false)}
                  columns={[
                    { id: "reason", head: words.columns.reason, cell: ([name]) => <Text value={words.reasons[name]?.what ?? name} /> },
                    { id: "todo", head: words.quarantine.todo, roomy: true, cell: ([name]) => <span className="w-meta"><Text value={words.reasons[name]?.todo ?? ""} /></span> },
                    { id: "count", head: words.columns.events, fit: true, align: "right", cell: ([, count]) => <Num value={count} /> },
                  ]}
                />
              </Section>
              {mayLook && <Events />}
            </>
          );
        }}
      </Ask>
    </Page>
  );
}

/** Looks how many would pass today, and sends those or all of them again. */
function Again({ wanted, count }: { wanted: Wanted; count: number }) {
  const words = useWords();
  const format = useFormat();
  const may = useMay("write");
  const trial = api.useMutation("post", "/api/quarantine/trial");
  const replay = useReplay();
  const told = trial.data;
  const go = (more: Wanted) => () => replay.mutateAsync({ body: { passing: false, ...wanted, ...more } }).then(() => trial.reset());
  return (
    <>
      {replay.data && <span role="status"><State tone="good">{words.quarantine.replayed(replay.data.events)}</State></span>}
      {told && (
        <span role="status"><State tone={told.passing === told.checked ? "good" : "warn"}>{words.quarantine.wouldPass(format.exact(told.passing), format.exact(told.checked))}</State></span>
      )}
      {trial.error !== null && <Failed error={trial.error} />}
      <Button size="compact-sm" variant="default" loading={trial.isPending} onClick={() => trial.mutate({ body: { passing: false, ...wanted } })} title={words.quarantine.tryHint}>{words.quarantine.try}</Button>
      {may && told && told.passing > 0 && (
        <Confirm act={words.quarantine.replayPassing} question={words.quarantine.sure(format.exact(told.passing))} mutation={replay} run={go({ passing: true })} />
      )}
      {may && <Confirm act={words.quarantine.replayAll(format.exact(count))} question={words.quarantine.sure(format.exact(count))} mutation={replay} run={go({})} />}
    </>
  );
}

function columnsOf(words: Words): readonly Column<Refused>[] {
  return [
    { id: "received", head: words.columns.received, fit: true, text: (row) => row.received_at, cell: (row) => <Ago at={row.received_at} /> },
    { id: "name", head: words.columns.event, text: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "reason", head: words.columns.reason, text: (row) => row.reason, cell: (row) => <Text value={words.reasons[row.reason]?.what ?? row.reason} /> },
    { id: "detail", head: words.columns.detail, roomy: true, text: (row) => row.detail, cell: (row) => <span className="w-meta"><Text value={row.detail} /></span> },
    { id: "source", head: words.columns.source, fit: true, roomy: true, text: (row) => row.source, cell: (row) => <Text value={row.source} /> },
    { id: "position", head: words.live.position, fit: true, align: "right", optional: true, text: (row) => row.position, cell: (row) => <Num value={row.position} /> },
  ];
}

function Events() {
  const words = useWords();
  const { reason = "", source = "" } = useSearch({ strict: false }) as Search;
  const [open, setOpen] = useParam("open");
  const query = api.useInfiniteQuery(
    "get", "/api/quarantine", { params: { query: { limit: PAGE, ...(reason ? { reason } : {}), ...(source ? { source } : {}) } } },
    { pageParamName: "after", initialPageParam: null, getNextPageParam: (last: Schema["QuarantinePage"]) => last.next ?? undefined },
  );
  const columns = useMemo(() => columnsOf(words), [words]);
  return (
    <Section
      title={words.columns.events}
      acts={<Filters of={[{ param: "reason", name: words.columns.reason, told: (value) => words.reasons[value]?.what ?? value }, { param: "source", name: words.columns.source }]} />}
    >
      <Ask query={query as never}>
        {(data: { pages: Schema["QuarantinePage"][] }) => {
          const events = data.pages.flatMap((page) => page.events);
          const shown = events.find((each) => String(each.position) === open);
          return (
            <>
              <Table
                name="quarantine" label={words.quarantine.title} rows={events} columns={columns} id={(row) => String(row.position)} selected={open}
                more={() => { if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage(); }}
                open={(row) => setOpen(String(row.position), false)}
              />
              {shown && <RefusedEvent key={shown.position} of={shown} close={() => setOpen("")} />}
            </>
          );
        }}
      </Ask>
    </Section>
  );
}
