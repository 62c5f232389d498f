import { Tabs } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Chart, type Series } from "@/ui/chart";
import { Code, Copy } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Ago, Num, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { snippets } from "./snippets";
import { SOURCES, total } from "./sources";

type Key = Schema["KeyView"];

const LOOK_MS = 2_000;

export function Source() {
  const words = useWords();
  const navigate = useNavigate();
  const { name } = useParams({ from: "/sources/$name" });
  const query = api.useQuery("get", "/api/sources", {}, { refetchInterval: LOOK_MS });
  return (
    <Detail title={name} close={() => void navigate({ to: "/sources" })}>
      <Ask query={query}>
        {(sources) => {
          const source = sources.find((each) => each.name === name);
          return source ? <About source={source} /> : <p>{words.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function About({ source }: { source: Schema["SourceView"] }) {
  const words = useWords();
  const format = useFormat();
  const key = source.keys.find((each) => each.revoked_at === null);
  const isImport = source.created_at === null;
  const navigate = useNavigate();
  const refused = Object.entries(source.refused);
  return (
    <>
      {source.last_seen_at ? (
        <div role="status"><State tone="good">{words.sources.arrived(format.ago(source.last_seen_at))}</State></div>
      ) : (
        <div role="status">
          <State tone="idle"><strong>{words.sources.waiting.title}</strong></State>
          <p className="w-plain w-meta">{words.sources.waiting.text}</p>
        </div>
      )}
      {isImport ? <p className="w-plain">{words.sources.isImport}</p> : <Send edge={source.edge_url} keyText={key?.key} />}
      {!isImport && <Keys source={source} />}
      {source.last_seen_at && (
        <Section title={words.sources.volume} meta={words.sources.lastDay}>
          <Chart
            id={`source-${source.name}`} title={`${words.columns.events}: ${format.short(total(source.hours))}`} unit={words.units.events} shape="bar" grain="hour" height={160}
            at={source.hours.map((hour) => hour.at)}
            series={seriesOf(source.hours, words)}
          />
        </Section>
      )}
      <Section title={words.sources.refused} meta={words.sources.lastDay}>
        {refused.length === 0 ? (
          <span className="w-meta">{words.sources.noneRefused}</span>
        ) : (
          <Table
            label={words.sources.refused} rows={refused} id={([reason]) => reason}
            open={([reason]) => void navigate({ to: "/quarantine", search: { reason, source: source.name } } as never)}
            columns={[
              { id: "reason", head: words.columns.reason, cell: ([reason]) => <Text value={words.reasons[reason]?.what ?? reason} /> },
              { id: "events", head: words.columns.events, fit: true, align: "right", cell: ([, count]) => <Num value={count} /> },
            ]}
          />
        )}
      </Section>
    </>
  );
}

/** Each way events come in; what did not happen in these hours is left out. */
function seriesOf(hours: Schema["SourceView"]["hours"], words: Words): readonly Series[] {
  const all: readonly Series[] = [
    { name: words.series.accepted, colour: "--w-known", values: hours.map((hour) => hour.accepted) },
    { name: words.series.imported, colour: "--w-sixth", values: hours.map((hour) => hour.imported) },
    { name: words.series.quarantined, colour: "--w-quarantined", values: hours.map((hour) => hour.refused) },
  ];
  return all.filter(({ values }, index) => index === 0 || values.some((each) => each !== null && each > 0));
}

function Send({ edge, keyText }: { edge: string; keyText: string | undefined }) {
  const words = useWords();
  const [sdk, setSdk] = useParam("sdk", "curl");
  if (!keyText) return <div className="w-note">{words.sources.noKey}</div>;
  return (
    <Section title={words.sources.snippets}>
      <Tabs value={sdk} onChange={(value) => setSdk(value ?? "curl")} keepMounted={false}>
        <Tabs.List>
          {snippets({ edge, key: keyText }).map((each) => <Tabs.Tab key={each.id} value={each.id}>{each.name}</Tabs.Tab>)}
        </Tabs.List>
        {snippets({ edge, key: keyText }).map((each) => (
          <Tabs.Panel key={each.id} value={each.id} pt="sm">
            <Code text={each.text} label={each.name} />
            {each.id === "web" && <p className="w-plain w-meta">{words.sources.webNote}</p>}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Section>
  );
}

function Keys({ source }: { source: Schema["SourceView"] }) {
  const words = useWords();
  const queries = useQueryClient();
  const may = useMay("write");
  const rotate = api.useMutation("post", "/api/sources/{name}/keys", {
    onSuccess: () => queries.invalidateQueries({ queryKey: SOURCES }),
  });
  return (
    <Section
      title={words.sources.keys}
      acts={may && (
        <Confirm
          act={words.sources.rotate} question={words.sources.rotateHint} mutation={rotate}
          run={() => rotate.mutateAsync({ params: { path: { name: source.name } } })}
        />
      )}
    >
      {source.keys.map((each) => <KeyRow key={each.key} of={each} source={source} may={may} />)}
    </Section>
  );
}

function KeyRow({ of, source, may }: { of: Key; source: Schema["SourceView"]; may: boolean }) {
  const words = useWords();
  const format = useFormat();
  const others = source.keys.filter((each) => each.revoked_at === null && each.key !== of.key).length;
  const queries = useQueryClient();
  const revoke = api.useMutation("delete", "/api/keys/{key}", {
    onSuccess: () => queries.invalidateQueries({ queryKey: SOURCES }),
  });
  return (
    <div className="w-row">
      <code className="w-mono">{of.key}</code>
      {of.revoked_at === null && <Copy text={of.key} />}
      {of.revoked_at === null ? <State tone="good">{words.sources.valid}</State> : <State tone="idle">{words.sources.revoked}</State>}
      <span className="w-meta"><Ago at={of.revoked_at ?? of.created_at} /></span>
      {may && of.revoked_at === null && (
        <span className="end">
          <Confirm
            danger act={words.sources.revoke} question={words.sources.revokeSure(source.name, format.exact(total(source.hours)), others)} mutation={revoke}
            run={() => revoke.mutateAsync({ params: { path: { key: of.key } } })}
          />
        </span>
      )}
    </div>
  );
}
