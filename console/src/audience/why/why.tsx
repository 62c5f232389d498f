import { Button } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { nameOf } from "@/profile/name";
import { Facts, Page, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { useParam } from "@/ui/url";
import { State } from "@/ui/values";
import { useWords } from "@/words";
import type { Tense } from "@/words/en-why";
import { useWhyWords } from "@/words/why";
import { Clauses } from "./clauses";
import { FindPerson } from "./find-person";
import { Moved } from "./moved";
import { Moment } from "./value";
import { momentOf, tenseOf, When } from "./when";

type Explanation = Schema["ExplanationView"];

const REFRESH_MS = 10_000;

/** Why one person is in an audience or not, now or at a moment: the URL has both. */
export function Why() {
  const words = useWhyWords();
  const all = useWords();
  const { name } = useParams({ from: "/audiences/$name/why" });
  const [person, setPerson] = useParam("person");
  const [at] = useParam("at");
  const moment = momentOf(at);
  const query = api.useQuery(
    "get", "/api/audiences/{name}/explain/{person}", { params: { path: { name, person }, query: moment ? { at: moment } : {} } },
    { enabled: person !== "", retry: false, placeholderData: keepPreviousData, refetchInterval: moment ? false : REFRESH_MS },
  );
  const found = person ? query.data : undefined;
  const called = found && (nameOf(found) || all.people.nameless);
  return (
    <Page
      title={found && called ? words.title(called, name, found.member, tenseOf(moment)) : words.anybody(name)}
      acts={
        <>
          <Button size="compact-sm" variant="default" component={Link} to={`/audiences/${name}` as never}>{all.columns.audience}</Button>
          {found && <Button size="compact-sm" variant="default" component={Link} to={`/people/${found.profile_id}` as never}>{all.columns.person}</Button>}
        </>
      }
    >
      <div className="w-row w-asked">
        <FindPerson label={words.person} w="min(340px, 100%)" autoFocus={!person} chosen={found && called ? { profile: found.profile_id, name: called } : undefined} pick={(profile) => setPerson(profile, false)} />
        {person && <When />}
      </div>
      {person === "" ? <Empty {...words.choose} /> : (
        <Ask query={query} shape={<TableShape rows={6} columns={2} />}>
          {(explanation) => (
            <div className={query.isPlaceholderData ? "w-why stale" : "w-why"} aria-busy={query.isPlaceholderData}>
              <div className="told">
                <Verdict of={explanation} tense={tenseOf(moment)} />
                <Section title={words.rule}><Clauses of={explanation.clauses} /></Section>
              </div>
              <Section title={words.history}><Moved person={explanation.profile_id} audience={name} /></Section>
            </div>
          )}
        </Ask>
      )}
    </Page>
  );
}

/** In or out, since when, through what, and when that may be otherwise by itself. */
function Verdict({ of, tense }: { of: Explanation; tense: Tense }) {
  const words = useWhyWords();
  const [, setAt] = useParam("at");
  const { recorded, since, cause, changes_at } = of;
  const differs = tense !== "future" && recorded !== null && recorded !== of.member;
  const told = !differs && recorded !== null && tense !== "future";
  return (
    <div className="w-verdict" role="status">
      <State tone={of.member ? "good" : "idle"}>{words.member[tense][of.member ? 0 : 1]}</State>
      {words.known[tense] && <p className="w-meta w-plain">{words.known[tense]}</p>}
      {differs && <p className="w-note w-plain">{tense === "now" ? words.differsNow : words.differsThen(recorded)}</p>}
      <Facts
        rows={[
          [words.since, told && since ? <Moment key="since" at={since} /> : null],
          [words.through, told && cause ? <span key="cause">{words.causes[cause]}</span> : null],
          [
            words.changes,
            changes_at ? (
              <span key="changes" className="w-row">
                <span><span className="w-meta">{words.earliest}</span> <Moment at={changes_at} /></span>
                <button type="button" className="w-link" onClick={() => setAt(changes_at, false)}>{words.see}</button>
              </span>
            ) : <span key="stays" className="w-meta">{words.stays}</span>,
          ],
        ]}
      />
    </div>
  );
}
