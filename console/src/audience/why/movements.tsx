import { SegmentedControl } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { nameOf } from "@/profile/name";
import { COLOURS, paint } from "@/ui/colours";
import { useFollowed } from "@/ui/follow";
import { Key, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { useParam } from "@/ui/url";
import { Ago, Num } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { useWhyWords } from "@/words/why";
import { WhyLink } from "./moved";

type Movements = Schema["MovementsView"];
type Cause = Movements["entered"]["newest"][number]["cause"];

const DAYS = [1, 7, 30];
const DAY_HOURS = 24;
const SHOWN = 8;
const MORE = 200;
const REFRESH_MS = 10_000;
const PULSE_MS = 500;
const FOLLOWING = ["/api/audiences", "/api/audiences/{name}/movements", "/api/audiences/{name}/members", "/api/audiences/{name}/sizes"];

/** What changed the size of an audience: how many entered and left through what, and who. */
export function Moves({ name }: { name: string }) {
  const words = useWhyWords();
  const all = useWords();
  const format = useFormat();
  const [days, setDays] = useParam("moved", "1");
  const [cause, setCause] = useParam("cause");
  const [most, setMost] = useState(SHOWN);
  const only = cause in words.causes ? { cause: cause as Cause } : {};
  const hours = (DAYS.includes(Number(days)) ? Number(days) : 1) * DAY_HOURS;
  const query = api.useQuery(
    "get", "/api/audiences/{name}/movements", { params: { path: { name }, query: { hours, limit: most, ...only } } },
    { refetchInterval: REFRESH_MS, placeholderData: keepPreviousData },
  );
  usePulse(name);
  const told = ({ entered, exited, joined }: Movements) => {
    const net = words.net(format.change(entered.count - exited.count - joined));
    return joined > 0 ? `${net} · ${words.joined(format.exact(joined))}` : net;
  };
  const pick = (picked: string) => {
    setCause(picked === cause ? "" : picked);
    setMost(SHOWN);
  };
  return (
    <Section
      title={words.moves} meta={query.data && told(query.data)}
      acts={
        <SegmentedControl
          transitionDuration={0} size="xs" value={days} onChange={(value) => setDays(value)} aria-label={words.moves}
          data={DAYS.map((each) => ({ value: String(each), label: each === 1 ? all.columns.hours : all.audiences.days(each) }))}
        />
      }
    >
      <Ask query={query} shape={<TableShape rows={4} columns={2} />}>
        {({ entered, exited }) => (
          <div className="w-cols">
            {([["entered", entered, all.columns.entered], ["exited", exited, all.columns.exited]] as const).map(([way, of, title]) => (
              <Way key={way} name={name} title={title} of={of} colour={paint(COLOURS[way])} cause={only.cause} pick={pick} more={most === SHOWN ? () => setMost(MORE) : undefined} />
            ))}
          </div>
        )}
      </Ask>
    </Section>
  );
}

/** Looks often at what costs little, the counts of the last hours, and reads the page again as soon as they change. */
function usePulse(name: string): void {
  const { data } = api.useQuery("get", "/api/audiences/{name}/sizes", { params: { path: { name }, query: { days: 1 } } }, { refetchInterval: PULSE_MS });
  useFollowed(data && `${name} ${JSON.stringify(data.sizes.slice(-2))}`, FOLLOWING);
}

interface WayProps {
  name: string;
  title: string;
  of: Movements["entered"];
  colour: string;
  cause: Cause | undefined;
  pick: (cause: string) => void;
  more: (() => void) | undefined;
}

function Way({ name, title, of, colour, cause, pick, more }: WayProps) {
  const words = useWhyWords();
  const all = useWords();
  const causes = (Object.entries(of.causes) as [Cause, number][]).sort((one, other) => other[1] - one[1]);
  const wanted = cause ? (of.causes[cause] ?? 0) : of.count;
  return (
    <div className="w-way" role="group" aria-label={title}>
      <h3><Key colour={colour} />{title} <Num value={of.count} /></h3>
      {of.count === 0 && <span className="w-meta">{words.nobody}</span>}
      {causes.length > 0 && (
        <ul className="w-causes">
          {causes.map(([each, count]) => (
            <li key={each}>
              <button type="button" aria-pressed={each === cause} onClick={() => pick(each)}>
                <span>{words.causes[each]}</span>
                <svg width="100%" height="8" aria-hidden="true"><rect width={`${(count / of.count) * 100}%`} height="8" rx="2" fill={colour} /></svg>
                <Num value={count} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul className="w-list w-movers">
        {of.newest.map((each) => {
          const told = nameOf(each) || all.people.nameless;
          return (
            <li key={`${each.profile_id} ${each.at}`}>
              <Link className="w-cut" to="/people/$profile" params={{ profile: each.profile_id }}><bdi>{told}</bdi></Link>
              <span className="w-meta w-cut">{words.causes[each.cause]}</span>
              <span className="w-meta"><Ago at={each.at} /></span>
              <WhyLink audience={name} person={each.profile_id} at={each.at} told={told} />
            </li>
          );
        })}
      </ul>
      {more && wanted > of.newest.length && of.newest.length > 0 && <button type="button" className="w-link" onClick={more}>{all.acts.more}</button>}
      {wanted > 0 && of.newest.length === 0 && <span className="w-meta">{words.merged}</span>}
    </div>
  );
}
