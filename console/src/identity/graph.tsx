import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link as To } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Ago, Num, State, Sure, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { Drawn } from "./drawn";
import { useFieldName } from "./fields";
import { confidenceAt, firstOf, keyOf, knownAt, type Link, momentsOf, type Node, nodesOf, type Standing, standingOf } from "./known";
import { Moves } from "./moves";
import { useSay } from "./say";
import { Stays } from "./stays";
import { Bits, History } from "./strength";

/** From so many identifiers on a table says more than a drawing. */
const MANY = 60;
const TONES: Record<Standing, "good" | "warn" | "bad" | "idle"> = { ties: "good", weak: "idle", unsure: "warn", limit: "bad", apart: "bad", generic: "idle" };
/** So many links are asked for; the surest come first. */
const LINKS = 300;

/** What holds a person together, now and as it was known; and how to take it apart. */
export function Graph({ of: profile }: { of: Schema["ProfileView"] }) {
  const query = api.useQuery("get", "/api/identity/profiles/{name}/links", { params: { path: { name: profile.id }, query: { limit: LINKS } } });
  return (
    <Ask query={query} shape={<TableShape rows={8} columns={4} />}>
      {(page) => <Held profile={profile} page={page} />}
    </Ask>
  );
}

interface HeldProps {
  profile: Schema["ProfileView"];
  page: Schema["LinksView"];
}

function Held({ profile, page }: HeldProps) {
  const words = useWords();
  const format = useFormat();
  const { links } = page;
  const generic = useMemo(() => new Map(page.generic.map((each) => [keyOf(each.identifier), each.people])), [page]);
  const nodes = useMemo(() => nodesOf(profile, links), [profile, links]);
  const moments = useMemo(() => momentsOf(nodes, links), [nodes, links]);
  const narrow = useMediaQuery("(max-width: 62em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const [view, setView] = useParam("as", narrow || nodes.length > MANY ? "table" : "graph");
  const [opened, setOpened] = useParam("link");
  const [at, setAt] = useState<number | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [splitting, setSplitting] = useState(false);
  const own = nodes.filter((each) => !each.other);
  const moment = at === null ? null : (moments[at] ?? null);
  const known = { nodes: nodes.filter((each) => knownAt(each, moment)), links: links.filter((each) => confidenceAt(each, moment) !== null) };
  const standing = (link: Link) => standingOf(link, { ...page, generic }, moment);
  const toggle = (key: string) => setChosen((before) => (before.has(key) ? new Set([...before].filter((each) => each !== key)) : new Set([...before, key])));
  const split = own.length > chosen.size && chosen.size > 0;
  const link = links.find((each) => each.key === opened);
  return (
    <Section
      title={words.graph.title}
      meta={<>{words.graph.lead(format.exact(own.length), format.exact(page.total))}{page.total > links.length && <> · {words.graph.cut(format.exact(links.length), format.exact(page.total))}</>}</>}
      acts={<SegmentedControl size="xs" value={view} onChange={(value) => setView(value)} aria-label={words.graph.views} data={[{ value: "graph", label: words.graph.asGraph }, { value: "table", label: words.graph.asTable }]} />}
    >
      <Time moments={moments} at={at} set={setAt} />
      {view === "graph" ? (
        <Drawn
          nodes={nodes} links={known.links} moment={moment} standing={standing} generic={generic} chosen={chosen} toggle={toggle} open={(each) => setOpened(each.key, false)}
          drop={(key) => { setChosen(new Set([key])); setSplitting(true); }}
        />
      ) : (
        <Tables nodes={known.nodes} links={known.links} moment={moment} standing={standing} generic={generic} chosen={chosen} toggle={toggle} open={(each) => setOpened(each.key, false)} />
      )}
      <div className="w-said">
        {chosen.size === 0 ? <span className="w-meta">{words.graph.hint}</span> : (
          <>
            <span>{words.graph.selected(chosen.size, format.exact(chosen.size))}</span>
            <Button size="compact-sm" onClick={() => setSplitting(true)} disabled={!split}>{words.graph.preview}</Button>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setChosen(new Set())}>{words.graph.clear}</Button>
          </>
        )}
      </div>
      {page.stays.length > 0 && <Stays of={page.stays} />}
      {profile.merged_from.length > 0 && (
        <Section title={words.graph.former} meta={words.graph.formerMeta}>
          <ul className="w-list">{profile.merged_from.map((each) => <li key={each}><span className="w-mono">{each}</span></li>)}</ul>
        </Section>
      )}
      <Decisions of={profile} />
      {splitting && split && <Split keys={[...chosen]} close={() => setSplitting(false)} done={() => { setSplitting(false); setChosen(new Set()); }} />}
      {link && <OneLink of={link} standing={standing(link)} thresholds={page} close={() => setOpened("", false)} />}
    </Section>
  );
}

function Time({ moments, at, set }: { moments: readonly number[]; at: number | null; set: (at: number | null) => void }) {
  const words = useWords();
  const format = useFormat();
  if (moments.length < 2) return null;
  const last = moments.length; // one step behind the newest is now
  const shown = at ?? last;
  const told = at === null ? words.graph.now : format.moment(new Date(moments[at] ?? 0).toISOString());
  return (
    <label className="w-time">
      <span className="w-meta">{words.graph.time}</span>
      <input
        type="range" min={0} max={last} value={shown} aria-valuetext={told}
        onChange={(event) => { const to = Number(event.currentTarget.value); set(to >= last ? null : to); }}
      />
      <output className="w-meta w-num">{told}</output>
    </label>
  );
}

interface TablesProps {
  nodes: readonly Node[];
  links: readonly Link[];
  moment: number | null;
  standing: (link: Link) => Standing;
  generic: ReadonlyMap<string, number>;
  chosen: ReadonlySet<string>;
  toggle: (key: string) => void;
  open: (link: Link) => void;
}

function Tables({ nodes, links, moment, standing, generic, chosen, toggle, open }: TablesProps) {
  const words = useWords();
  const format = useFormat();
  const columns: readonly Column<Link>[] = [
    { id: "left", head: words.graph.link, text: (row) => keyOf(row.left), cell: (row) => <Text value={keyOf(row.left)} /> },
    { id: "right", head: words.graph.between, text: (row) => keyOf(row.right), cell: (row) => <Text value={keyOf(row.right)} /> },
    { id: "kind", head: words.columns.kind, roomy: true, fit: true, by: (row) => row.kind, cell: (row) => words.graph.kinds[row.kind] ?? row.kind },
    { id: "confidence", head: words.reviews.confidence, fit: true, by: (row) => confidenceAt(row, moment) ?? 0, cell: (row) => <Sure share={confidenceAt(row, moment) ?? 0} /> },
    { id: "standing", head: words.graph.standing, fit: true, roomy: true, by: standing, cell: (row) => <State tone={TONES[standing(row)]}>{words.graph.standings[standing(row)]}</State> },
    { id: "first", head: words.graph.first, fit: true, roomy: true, by: firstOf, cell: (row) => <Ago at={firstOf(row)} /> },
  ];
  const own: readonly Column<Node>[] = [
    {
      id: "choose", head: "", fit: true, text: (row) => row.key,
      cell: (row) => (row.other ? null : <input type="checkbox" checked={chosen.has(row.key)} onChange={() => toggle(row.key)} aria-label={words.graph.select(row.key)} />),
    },
    { id: "namespace", head: words.columns.kind, by: (row) => row.namespace, cell: (row) => <Text value={row.namespace} /> },
    {
      id: "value", head: words.graph.node, by: (row) => row.value,
      cell: (row) => {
        const people = generic.get(row.key);
        return <><Text value={row.value} />{people !== undefined && <State tone="idle">{words.graph.generic(people, format.exact(people))}</State>}</>;
      },
    },
    { id: "other", head: words.columns.person, roomy: true, text: (row) => row.other, cell: (row) => (row.other ? <To to="/people/$profile" params={{ profile: row.other }}>{words.graph.others}</To> : null) },
    { id: "first", head: words.graph.first, fit: true, roomy: true, by: (row) => row.first, cell: (row) => <Ago at={row.first} /> },
    { id: "events", head: words.columns.events, fit: true, align: "right", by: (row) => row.events, cell: (row) => <Num value={row.events} /> },
  ];
  return (
    <div className="w-form">
      <Table name="nodes" label={`${words.columns.identifiers} ${format.exact(nodes.length)}`} rows={nodes} columns={own} id={(row) => row.key} height={360} />
      {links.length === 0 ? <span className="w-meta">{words.graph.noLinks}</span> : (
        <Table name="links" label={`${words.graph.link} ${format.exact(links.length)}`} rows={links} columns={columns} id={(row) => row.key} height={360} open={open} />
      )}
    </div>
  );
}

function OneLink({ of, standing, thresholds, close }: { of: Link; standing: Standing; thresholds: { merge: number; review: number }; close: () => void }) {
  const words = useWords();
  const format = useFormat();
  const fieldName = useFieldName();
  const most = Math.max(1, ...of.history.flatMap((each) => Object.values(each.fields).map(Math.abs)));
  return (
    <Detail title={`${keyOf(of.left)} – ${keyOf(of.right)}`} close={close}>
      <Facts
        rows={[
          [words.graph.standing, <State key="s" tone={TONES[standing]}>{words.graph.standings[standing]}</State>],
          [words.reviews.confidence, <span key="c" className="w-row"><Sure share={of.confidence} /> {format.share(of.confidence)}</span>],
          [words.reviews.weight, <Bits key="b" value={of.bits} most={Math.max(most, Math.abs(of.bits))} />],
        ]}
      />
      <History of={of.history} merge={thresholds.merge} review={thresholds.review} />
      <Section title={words.graph.evidence} meta={<Num value={of.history.length} />}>
        <ul className="w-list">
          {of.history.map((each, index) => (
            <li key={index}>
              <span className="w-row">
                <strong>{words.graph.kinds[each.kind] ?? each.kind}</strong>
                <Sure share={each.confidence} />
                <span className="w-meta end"><Ago at={each.observed_at} /></span>
              </span>
              {Object.entries(each.fields).map(([field, bits]) => (
                <span key={field} className="w-row w-meta">{fieldName(field)}<span className="end"><Bits value={bits} most={most} /></span></span>
              ))}
              {(each.said_by || each.message_id) && <span className="w-meta w-cut" title={each.message_id}>{words.graph.source}: {each.message_id || each.said_by}</span>}
            </li>
          ))}
        </ul>
      </Section>
    </Detail>
  );
}

function Split({ keys, close, done }: { keys: readonly string[]; close: () => void; done: () => void }) {
  const words = useWords();
  const say = useSay();
  const may = useMay("write");
  const [reason, setReason] = useState("");
  const deed = { do: "split", identifiers: keys } as const;
  return (
    <Detail title={words.graph.splitTitle} close={close}>
      <Moves deed={deed} />
      <TextInput label={words.graph.reason} description={words.graph.reasonHint} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={1_000} />
      {say.error !== null && <Failed error={say.error} />}
      <div className="w-row">
        <Button disabled={!may} loading={say.isPending} onClick={() => void say.mutateAsync({ deed, reason }).then(done, () => undefined)}>{words.graph.confirm}</Button>
        <Button variant="default" onClick={close}>{words.acts.cancel}</Button>
      </div>
    </Detail>
  );
}

/** What stewards said of this person, each with the way to take it back. */
function Decisions({ of }: { of: Schema["ProfileView"] }) {
  const words = useWords();
  const may = useMay("write");
  const say = useSay();
  const query = api.useQuery("get", "/api/identity/edges", { params: { query: { limit: 1_000 } } });
  const mine = new Set(of.identifiers.map(keyOf));
  const about = (query.data ?? []).filter((each) => each.kind !== "retract" && [...each.left, ...each.right].some((one) => mine.has(keyOf(one))));
  return (
    <Section title={words.graph.saidTitle}>
      {say.isSuccess && <div role="status"><State tone="good">{words.graph.done}</State></div>}
      {say.error !== null && <Failed error={say.error} />}
      <Ask query={query}>
        {() => about.length === 0 ? <span className="w-meta">{words.graph.saidNone}</span> : (
          <ul className="w-list">
            {about.map((each) => (
              <li key={each.number}>
                <span className="w-row">
                  <strong>{words.graph.saidKinds[each.kind] ?? each.kind}</strong>
                  <span className="w-meta">{each.by} · <Ago at={each.at} /></span>
                  <span className="end">
                    {each.in_force ? (
                      <Button size="compact-xs" variant="default" disabled={!may || say.isPending} onClick={() => say.mutate({ deed: { do: "retract", number: each.number } })}>{words.graph.takeBack}</Button>
                    ) : <span className="w-meta">{words.graph.takenBack}</span>}
                  </span>
                </span>
                <Sides of={each} words={words} />
                {each.reason && <span className="w-meta">{each.reason}</span>}
              </li>
            ))}
          </ul>
        )}
      </Ask>
    </Section>
  );
}

const SIDE = 3;

function Sides({ of, words }: { of: Schema["EdgeView"]; words: Words }) {
  const side = (ends: readonly Schema["NamedBy"][]) => ends.slice(0, SIDE).map((each) => each.value).join(", ") + (ends.length > SIDE ? ` ${words.people.more(String(ends.length - SIDE))}` : "");
  return <span className="w-meta w-cut">{side(of.left)} {of.right.length > 0 && (of.kind === "same" ? "= " : "≠ ")}{side(of.right)}</span>;
}
