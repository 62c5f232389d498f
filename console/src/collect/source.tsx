import { Tabs } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Chart } from "@/ui/chart";
import { Code, Copy } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import { useParam } from "@/ui/url";
import { Ago, Num, State } from "@/ui/values";
import { useFormat, useWords } from "@/words";
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
  const refused = Object.entries(source.refused);
  return (
    <>
      {source.last_seen_at ? (
        <State tone="good">{words.sources.arrived(format.ago(source.last_seen_at))}</State>
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
            id={`source-${source.name}`} title={`${words.columns.events}: ${format.short(total(source.hours))}`} unit={words.units.events} shape="bar" grain="minute" height={160}
            at={source.hours.map((hour) => hour.at)}
            series={[
              { name: words.series.accepted, colour: "--w-known", values: source.hours.map((hour) => hour.accepted) },
              { name: words.series.imported, colour: "--w-sixth", values: source.hours.map((hour) => hour.imported) },
              { name: words.series.quarantined, colour: "--w-quarantined", values: source.hours.map((hour) => hour.refused) },
            ]}
          />
        </Section>
      )}
      <Section title={words.sources.refused} meta={words.sources.lastDay}>
        {refused.length === 0 ? (
          <span className="w-meta">{words.sources.noneRefused}</span>
        ) : (
          <Facts rows={refused.map(([reason, count]) => [reason, <Num key={reason} value={count} />] as const)} />
        )}
      </Section>
    </>
  );
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
          <Tabs.Panel key={each.id} value={each.id} pt="sm"><Code text={each.text} label={each.name} /></Tabs.Panel>
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
      {source.keys.map((each) => <KeyRow key={each.key} of={each} source={source.name} may={may} />)}
    </Section>
  );
}

function KeyRow({ of, source, may }: { of: Key; source: string; may: boolean }) {
  const words = useWords();
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
            danger act={words.sources.revoke} question={words.sources.revokeSure(source)} mutation={revoke}
            run={() => revoke.mutateAsync({ params: { path: { key: of.key } } })}
          />
        </span>
      )}
      {revoke.error !== null && <Failed error={revoke.error} />}
    </div>
  );
}
