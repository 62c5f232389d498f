import { TextInput } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Copy } from "@/ui/code";
import { Facts, Page, Section } from "@/ui/page";
import { Ask, Rows } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, plain, State, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";
import { Consent, Deliveries } from "./acts";
import { nameOf } from "./name";
import { Timeline } from "./timeline";

type Profile = Schema["ProfileView"];
type Trait = Schema["TraitView"];

const MANY_TRAITS = 20;

export function Person() {
  const words = useWords();
  const { profile } = useParams({ from: "/people/$profile" });
  const query = api.useQuery("get", "/api/profiles/{name}", { params: { path: { name: profile } } }, { refetchInterval: 10_000 });
  const name = query.data ? nameOf(query.data) || words.people.nameless : words.columns.person;
  return (
    <Page title={name} about={query.data && <Standing of={query.data} />}>
      <Ask query={query} shape={<Rows count={12} />}>
        {(data) => (
          <div className="w-person">
            <div className="side">
              <Who of={data} />
              <Audiences name={profile} />
              <Traits name={profile} />
              <Consent name={profile} />
              <Deliveries name={profile} />
            </div>
            <Timeline name={profile} />
          </div>
        )}
      </Ask>
    </Page>
  );
}

function Standing({ of }: { of: Profile }) {
  const words = useWords();
  return (
    <span className="w-row">
      <State tone={of.known ? "good" : "idle"}>{of.known ? words.people.known : words.people.anonymous}</State>
      <span>
        <Num value={of.events} /> {words.units.events}
      </span>
      <span>
        {words.columns.lastSeen} <Ago at={of.last_seen_at} />
      </span>
      <span>
        {words.columns.firstSeen} <Ago at={of.first_seen_at} />
      </span>
    </span>
  );
}

function Who({ of }: { of: Profile }) {
  const words = useWords();
  const columns: readonly Column<Schema["IdentifierView"]>[] = [
    { id: "namespace", head: words.columns.kind, fit: true, cell: (row) => <span className="w-meta">{row.namespace}</span> },
    { id: "value", head: words.columns.value, cell: (row) => <Text value={row.value} /> },
    { id: "events", head: words.columns.events, fit: true, align: "right", cell: (row) => <Num value={row.events} /> },
    { id: "seen", head: words.columns.lastSeen, fit: true, cell: (row) => <Ago at={row.last_seen_at} /> },
  ];
  return (
    <Section title={words.person.who} meta={<Num value={of.identifiers.length} />}>
      <Table label={words.person.who} rows={of.identifiers} columns={columns} id={(row) => `${row.namespace}:${row.value}`} height={260} />
      <Facts
        rows={[
          [words.person.profileId, <span className="w-row" key="id"><span className="w-mono">{of.id}</span><Copy text={of.id} /></span>],
          [words.person.merged, of.merged_from.length === 0 ? null : <span className="w-mono" key="merged">{of.merged_from.join(" ")}</span>],
          [words.person.asOf, <Ago at={of.as_of} key="as-of" />],
        ]}
      />
    </Section>
  );
}

function traitColumns(words: Words): readonly Column<Trait>[] {
  return [
    { id: "name", head: words.columns.name, cell: (row) => <span className="w-meta"><Text value={row.name} /></span> },
    { id: "value", head: words.columns.value, cell: (row) => <Text value={row.value} /> },
    { id: "origin", head: words.columns.origin, cell: (row) => <Origin of={row} /> },
  ];
}

function Origin({ of }: { of: Trait }) {
  const words = useWords();
  if (of.kind === "computed") return <span className="w-meta" title={of.version}>{words.person.fromComputed(of.version.slice(0, 8))}</span>;
  const told = [of.source || words.person.fromIdentify, of.identifier ? `${of.identifier.namespace}:${of.identifier.value}` : "", of.message_id];
  return (
    <span className="w-meta" title={told.filter(Boolean).join(" · ")}>
      {of.position === null ? told[0] : <Link to="/live/$position" params={{ position: String(of.position) }}>{told[0]}</Link>} <Ago at={of.at} />
    </span>
  );
}

function Traits({ name }: { name: string }) {
  const words = useWords();
  const [find, setFind] = useState("");
  const query = api.useQuery("get", "/api/profiles/{name}/traits", { params: { path: { name } } });
  const columns = useMemo(() => traitColumns(words), [words]);
  const part = find.toLocaleLowerCase();
  return (
    <Section
      title={words.person.traits}
      meta={query.data && <Num value={query.data.length} />}
      acts={(query.data?.length ?? 0) > MANY_TRAITS && (
        <TextInput size="xs" aria-label={words.person.findTrait} placeholder={words.person.findTrait} value={find} onChange={(event) => setFind(event.currentTarget.value)} />
      )}
    >
      <Ask query={query}>
        {(traits) =>
          traits.length === 0 ? (
            <span className="w-meta">{words.person.noTraits}</span>
          ) : (
            <Table
              label={words.person.traits} columns={columns} id={(row) => row.name} height={480}
              rows={traits.filter((each) => `${each.name} ${plain(each.value)}`.toLocaleLowerCase().includes(part))}
            />
          )
        }
      </Ask>
    </Section>
  );
}

function Audiences({ name }: { name: string }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/profiles/{name}/audiences", { params: { path: { name } } });
  return (
    <Section title={words.person.audiences}>
      <Ask query={query} shape={<Rows count={2} />}>
        {(audiences) =>
          audiences.length === 0 ? (
            <span className="w-meta">{words.person.noAudiences}</span>
          ) : (
            <Facts
              rows={audiences.map((each) => [
                each.name,
                <span className="w-row" key={each.name}>
                  <Link to="/audiences/$name" params={{ name: each.name }}>{each.description || words.acts.open}</Link>
                  <span className="w-meta"><Ago at={each.since} /></span>
                </span>,
              ])}
            />
          )
        }
      </Ask>
    </Section>
  );
}
