import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { Because } from "@/profile/because";
import { bestIdentifier, nameFromTraits, nameOf } from "@/profile/name";
import { Code, Json } from "@/ui/code";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Rows } from "@/ui/states";
import { Ago, plain, State, type Tone } from "@/ui/values";
import { useFormat, useWords } from "@/words";

type Told = Schema["EventDetail"];

const TONES: Record<Told["ending"], Tone> = { stored: "good", quarantined: "warn", repeated: "idle", waiting: "idle" };

export function LiveEvent() {
  const words = useWords();
  const navigate = useNavigate();
  const { position } = useParams({ from: "/live/$position" });
  const query = api.useQuery(
    "get", "/api/events/{position}", { params: { path: { position: Number(position) } } },
    { refetchInterval: (held) => (held.state.data?.ending === "waiting" ? 1_000 : false) },
  );
  const event = query.data?.event;
  const title = event ? event.name || (words.types[event.type] ?? event.type) : query.data?.refused?.name || `${words.columns.event} ${position}`;
  return (
    <Detail title={title} close={() => void navigate({ to: "/live", search: true } as never)}>
      <Ask query={query} shape={<Rows count={10} />}>{(data) => <Shown data={data} />}</Ask>
    </Detail>
  );
}

function Shown({ data }: { data: Told }) {
  const words = useWords();
  return (
    <>
      <State tone={TONES[data.ending]}>{words.live.endings[data.ending]}</State>
      {data.refused && (
        <Facts
          rows={[
            [words.columns.reason, <Why key="reason" of={data.refused.reason} />],
            [words.columns.detail, <bdi key="detail">{data.refused.detail}</bdi>],
            [words.live.replayedAt, data.refused.replayed_at ? <Ago key="replayed" at={data.refused.replayed_at} /> : null],
          ]}
        />
      )}
      {data.event && <Stored event={data.event} position={data.position} />}
      <Joined data={data} />
      <Steps steps={data.steps} />
      {data.event && (
        <Section title={words.live.normalised}>
          <Json value={{ properties: data.event.properties, context: data.event.context, consent: data.event.consent }} label={words.live.normalised} />
        </Section>
      )}
      <Raw data={data} />
    </>
  );
}

function Why({ of }: { of: string }) {
  const words = useWords();
  const why = words.reasons[of];
  return (
    <>
      {why?.what ?? of} <span className="w-meta">{why?.todo} <Link to="/quarantine" search={{ reason: of } as never}>{words.quarantine.title}</Link></span>
    </>
  );
}

function Stored({ event, position }: { event: NonNullable<Told["event"]>; position: number }) {
  const words = useWords();
  return (
    <Facts
      rows={[
        [words.columns.type, words.types[event.type] ?? event.type],
        [words.columns.source, <bdi key="source">{event.source}</bdi>],
        [words.live.occurred, <Ago key="occurred" at={event.occurred_at} />],
        [words.live.received, <Ago key="received" at={event.received_at} />],
        [words.columns.identifiers, <bdi key="who">{event.identifiers.map((each) => `${each.namespace}:${each.value}`).join("  ")}</bdi>],
        [words.live.messageId, <span className="w-mono" key="id">{event.message_id}</span>],
        [words.live.position, <span className="w-num" key="position">{position}</span>],
      ]}
    />
  );
}

function Joined({ data }: { data: Told }) {
  const words = useWords();
  if (data.ending !== "stored") return null;
  const profile = data.profile;
  return (
    <Section title={words.live.joined}>
      {profile ? (
        <>
          <Link to="/people/$profile" params={{ profile: profile.id }}>
            <bdi>{nameOf({ name: nameFromTraits(profile.traits), identifiers: profile.identifiers }) || bestIdentifier(profile.identifiers) || words.people.nameless}</bdi>
          </Link>
          {profile.why && data.event && <Because of={profile.why} occurred={data.event.occurred_at} />}
        </>
      ) : (
        <span className="w-meta">{words.live.nobody}</span>
      )}
    </Section>
  );
}

function Steps({ steps }: { steps: Told["steps"] }) {
  const words = useWords();
  const format = useFormat();
  if (steps.length === 0) return null;
  const total = steps.reduce((sum, step) => sum + step.microseconds, 0);
  return (
    <Section title={words.live.steps} meta={words.live.stepsMeta(format.exact(Math.round(total)))}>
      <ol className="w-steps">
        {steps.map((step, index) => (
          <li key={`${step.name}-${index}`}>
            <State tone={step.reason ? "warn" : step.changes.length > 0 ? "good" : "idle"}>{""}</State>
            <div>
              {words.steps[step.name] ?? step.name} {step.reason && <State tone="warn">{words.reasons[step.reason]?.what ?? step.reason}</State>}{" "}
              <bdi className="w-meta">{step.detail || (step.changes.length === 0 && !step.reason ? words.live.unchanged : "")}</bdi>
              {step.changes.map((each) => (
                <div key={each.field} className="w-mono">
                  {each.field}: <bdi>{plain(each.before).slice(0, 200)}</bdi> → <bdi>{plain(each.after).slice(0, 200)}</bdi>
                </div>
              ))}
            </div>
            <span className="w-meta w-num">{format.exact(step.microseconds)} µs</span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Raw({ data }: { data: Told }) {
  const words = useWords();
  const format = useFormat();
  const { raw } = data;
  return (
    <Section title={words.live.raw} meta={raw && raw.events > 1 ? words.live.batch(format.exact(raw.events)) : undefined}>
      {raw ? <Code text={raw.body} wrap label={words.live.raw} /> : <span className="w-meta">{words.live.rawLeft[data.raw_left] ?? data.raw_left}</span>}
    </Section>
  );
}
