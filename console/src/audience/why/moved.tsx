import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useFollowed } from "@/ui/follow";
import { Ask, Rows } from "@/ui/states";
import { Ago, State } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { useWhyWords } from "@/words/why";

const SHOWN = 6;
const MOST = 200;
const LIVE_MS = 1_000;
const FOLLOWING = ["/api/audiences/{name}/explain/{person}", "/api/profiles/{name}/audiences"];

/** When a person entered and left an audience, or any, and through what; each leads to why it was so then. */
export function Moved({ person, audience }: { person: string; audience?: string }) {
  const words = useWhyWords();
  const all = useWords();
  const format = useFormat();
  const [whole, setWhole] = useState(false);
  const query = api.useQuery(
    "get", "/api/profiles/{name}/memberships", { params: { path: { name: person }, query: { limit: MOST, ...(audience ? { audience } : {}) } } },
    { refetchInterval: LIVE_MS },
  );
  useFollowed(query.data && `${person} ${query.data.length} ${query.data[0]?.at}`, FOLLOWING);
  return (
    <Ask query={query} shape={<Rows count={2} />}>
      {(moves) => (
        <>
          {moves.length === 0 && <span className="w-meta">{words.noHistory}</span>}
          <ul className="w-list w-moves-of">
            {(whole ? moves : moves.slice(0, SHOWN)).map((each) => <Move key={`${each.audience} ${each.at}`} of={each} person={person} named={audience === undefined} />)}
          </ul>
          {!whole && moves.length > SHOWN && <button type="button" className="w-link" onClick={() => setWhole(true)}>{all.person.showAll(format.exact(moves.length))}</button>}
        </>
      )}
    </Ask>
  );
}

function Move({ of, person, named }: { of: Schema["EnteringView"]; person: string; named: boolean }) {
  const words = useWhyWords();
  return (
    <li>
      <span className="w-row">
        <State tone={of.entered ? "good" : "idle"}>{of.entered ? words.entered : words.exited}</State>
        {named && <Link to="/audiences/$name" params={{ name: of.audience }}><bdi>{of.audience}</bdi></Link>}
        <span className="w-meta end"><Ago at={of.at} /></span>
      </span>
      <span className="w-row w-meta">
        {words.causes[of.cause]}
        <span className="end"><WhyLink audience={of.audience} person={person} at={of.at} told={of.audience} /></span>
      </span>
    </li>
  );
}

interface WhyLinkProps {
  audience: string;
  person: string;
  at?: string;
  /** What tells this link from the others of its list. */
  told: string;
}

export function WhyLink({ audience, person, at, told }: WhyLinkProps) {
  const words = useWhyWords();
  return (
    <Link to="/audiences/$name/why" params={{ name: audience }} search={(at ? { person, at } : { person }) as never}>
      {words.act}<span className="w-hidden"> <bdi>{told}</bdi></span>
    </Link>
  );
}
