import { toneOf } from "@/activate/receipt";
import { api, type Schema } from "@/api/client";
import { Facts, Section } from "@/ui/page";
import { Ask, Rows } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, State, Text, type Tone } from "@/ui/values";
import { type Words, useWords } from "@/words";

const ALL = "*";

interface Act {
  key: string;
  at: string;
  destination: string;
  kind: string;
  tone: Tone;
  told: string;
  detail: string;
}

function actsOf(words: Words, { deliveries, denials }: Schema["ActsView"]): readonly Act[] {
  const sent = deliveries.map((each) => ({
    key: each.key, at: each.settled_at ?? each.enqueued_at, destination: each.destination, kind: each.kind,
    tone: toneOf(each.state), told: words.deliveryStates[each.state] ?? each.state, detail: each.error || each.evidence,
  }));
  const refused = denials.map((each) => ({
    key: `${each.key}-${each.stage}`, at: each.at, destination: each.destination, kind: each.kind,
    tone: "warn" as const, told: words.person.heldBack(words.destinations.denied[each.reason] ?? each.reason), detail: each.detail,
  }));
  return [...sent, ...refused].sort((a, b) => b.at.localeCompare(a.at));
}

export function Deliveries({ name }: { name: string }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/profiles/{name}/deliveries", { params: { path: { name } } });
  const columns: readonly Column<Act>[] = [
    { id: "at", head: words.columns.time, fit: true, by: (row) => row.at, cell: (row) => <Ago at={row.at} /> },
    { id: "destination", head: words.columns.destination, by: (row) => row.destination, cell: (row) => <Text value={`${row.destination} · ${row.kind}`} /> },
    { id: "status", head: words.columns.status, by: (row) => row.told, cell: (row) => <span title={row.detail}><State tone={row.tone}>{row.told}</State></span> },
  ];
  return (
    <Section title={words.person.deliveries}>
      <Ask query={query} shape={<Rows count={3} />}>
        {(data) => {
          const acts = actsOf(words, data);
          if (acts.length === 0) return <span className="w-meta">{words.person.noDeliveries}</span>;
          return <Table name="person-deliveries" label={words.person.deliveries} rows={acts} columns={columns} id={(row) => row.key} height={320} />;
        }}
      </Ask>
    </Section>
  );
}

export function Consent({ name }: { name: string }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/consent/{name}", { params: { path: { name } } });
  return (
    <Section title={words.person.consent} meta={words.person.consentMeta}>
      <Ask query={query} shape={<Rows count={2} />}>
        {({ records, suppressions }) => {
          // What was said last about a purpose counts.
          const last = [...new Map(records.map((each) => [each.purpose, each])).values()];
          if (last.length + suppressions.length === 0) return <span className="w-meta">{words.person.noConsent}</span>;
          const said = last.map((each) => ({ ...each, name: each.purpose, word: each.granted ? words.person.allowed : words.person.notAllowed }));
          const barred = suppressions.map((each) => ({ ...each, name: each.channel === ALL ? words.person.everyChannel : each.channel, granted: false, source: each.reason, word: words.person.suppressed }));
          return (
            <Facts
              rows={[...said, ...barred].map((each) => [
                each.name,
                <span className="w-row" key={each.name}>
                  <State tone={each.granted ? "good" : "warn"}>{each.word}</State>
                  <span className="w-meta">
                    <bdi>{each.source}</bdi> <Ago at={each.at} />
                  </span>
                </span>,
              ])}
            />
          );
        }}
      </Ask>
    </Section>
  );
}
