import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Code } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Chip } from "@/ui/filter";
import { Facts, Page, Section } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { type Search, useParam } from "@/ui/url";
import { Ago, Num, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";

type Refused = Schema["QuarantinedView"];

const PAGE = 200;

function columnsOf(words: Words): readonly Column<Refused>[] {
  return [
    { id: "received", head: words.columns.received, fit: true, cell: (row) => <Ago at={row.received_at} /> },
    { id: "name", head: words.columns.event, cell: (row) => <Text value={row.name} /> },
    { id: "reason", head: words.columns.reason, fit: true, cell: (row) => <span className="w-mono">{row.reason}</span> },
    { id: "detail", head: words.columns.detail, roomy: true, cell: (row) => <span className="w-meta"><Text value={row.detail} /></span> },
    { id: "source", head: words.columns.source, fit: true, roomy: true, cell: (row) => <Text value={row.source} /> },
  ];
}

export function Quarantine() {
  const words = useWords();
  const mayLook = useMay("profiles");
  const counts = api.useQuery("get", "/api/quarantine/counts", {}, { refetchInterval: 10_000 });
  const [reason, setReason] = useParam("reason");
  return (
    <Page title={words.quarantine.title} about={words.quarantine.about}>
      <Ask query={counts}>
        {(found) => {
          const reasons = Object.entries(found).sort((a, b) => b[1] - a[1]);
          if (reasons.length === 0) return <Empty {...words.quarantine.none} />;
          return (
            <>
              <Section title={words.quarantine.reasons}>
                <Table
                  label={words.quarantine.reasons} rows={reasons} id={([name]) => name} selected={reason} open={([name]) => setReason(name === reason ? "" : name, false)}
                  columns={[
                    { id: "reason", head: words.columns.reason, cell: ([name]) => <span className="w-mono">{name}</span> },
                    { id: "count", head: words.columns.events, fit: true, align: "right", cell: ([, count]) => <Num value={count} /> },
                    { id: "replay", head: "", fit: true, cell: ([name, count]) => <Replay reason={name} count={count} /> },
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

function Replay({ reason, count }: { reason: string; count: number }) {
  const words = useWords();
  const format = useFormat();
  const may = useMay("write");
  const queries = useQueryClient();
  const replay = api.useMutation("post", "/api/quarantine/replay", {
    onSuccess: () => queries.invalidateQueries({ predicate: (query) => String(query.queryKey[1]).startsWith("/api/quarantine") }),
  });
  if (!may) return null;
  return (
    <span className="w-row">
      <Confirm
        act={words.quarantine.replay} question={words.quarantine.sure(format.exact(count))} mutation={replay}
        run={() => replay.mutateAsync({ body: { reason } })}
      />
      {replay.data && <span role="status" className="w-meta">{words.quarantine.replayed(replay.data.events)}</span>}
    </span>
  );
}

function Events() {
  const words = useWords();
  const { reason = "" } = useSearch({ strict: false }) as Search;
  const [, setReason] = useParam("reason");
  const [open, setOpen] = useParam("open");
  const query = api.useInfiniteQuery(
    "get", "/api/quarantine", { params: { query: { limit: PAGE, ...(reason ? { reason } : {}) } } },
    { pageParamName: "after", initialPageParam: null, getNextPageParam: (last: Schema["QuarantinePage"]) => last.next ?? undefined },
  );
  const columns = useMemo(() => columnsOf(words), [words]);
  return (
    <Section title={words.columns.events} acts={reason && <Chip clear={() => setReason("")}>{`${words.columns.reason}: ${reason}`}</Chip>}>
      <Ask query={query as never}>
        {(data: { pages: Schema["QuarantinePage"][] }) => {
          const events = data.pages.flatMap((page) => page.events);
          const shown = events.find((each) => String(each.position) === open);
          return (
            <>
              <Table
                label={words.quarantine.title} rows={events} columns={columns} id={(row) => String(row.position)} selected={open}
                more={() => { if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage(); }}
                open={(row) => setOpen(String(row.position), false)}
              />
              {shown && <One of={shown} close={() => setOpen("")} />}
            </>
          );
        }}
      </Ask>
    </Section>
  );
}

function One({ of, close }: { of: Refused; close: () => void }) {
  const words = useWords();
  return (
    <Detail title={of.name || of.reason} close={close}>
      <Facts
        rows={[
          [words.columns.reason, <span className="w-mono" key="reason">{of.reason}</span>],
          [words.columns.detail, <bdi key="detail">{of.detail}</bdi>],
          [words.columns.source, of.source],
          [words.columns.received, <Ago key="received" at={of.received_at} />],
          [words.live.position, String(of.position)],
        ]}
      />
      <Section title={words.quarantine.body}>
        <Code text={of.body} wrap label={words.quarantine.body} />
      </Section>
    </Detail>
  );
}
