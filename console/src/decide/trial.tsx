import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { Json } from "@/ui/code";
import { Ask } from "@/ui/states";
import { State } from "@/ui/values";
import { useLanguage, useWords } from "@/words";
import { useDecideWords } from "@/words/decide";
import { InAudience } from "./slot";

/** What a slot would show a person now, and what was looked at on the way. */
export function Trial({ name }: { name: string }) {
  const all = useWords();
  const words = useDecideWords();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  return (
    <form className="w-form" onSubmit={(event) => { event.preventDefault(); setAsked(text.trim()); }}>
      <TextInput label={all.columns.person} description={words.tryHint} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <div className="w-row"><Button type="submit" size="sm" variant="default" disabled={!text.trim()}>{words.try}</Button></div>
      {asked && <Asked key={asked} name={name} profile={asked} />}
    </form>
  );
}

function Asked({ name, profile }: { name: string; profile: string }) {
  const query = api.useQuery("get", "/api/slots/{name}/decision", { params: { path: { name }, query: { profile } } }, { retry: false, refetchInterval: 2_000 });
  return <div aria-live="polite"><Ask query={query}>{(found) => <Decided of={found} />}</Ask></div>;
}

function Decided({ of }: { of: Schema["DecisionView"] }) {
  const words = useDecideWords();
  const { language } = useLanguage();
  return (
    <>
      <p><State tone={of.ground === "offer" ? "good" : "idle"}>{of.offer || words.grounds[of.ground]}</State> {of.sentence[language]}</p>
      {of.show === null || of.show === undefined ? <p className="w-meta">{words.nothing}</p> : <Json value={of.show} label={words.shows} />}
      <h3 className="w-meta">{words.walked}</h3>
      <ul className="w-list">
        {of.walked.map((each, at) => (
          <li key={at}>
            <span>
              <State tone={each.member ? "good" : "idle"}>{each.member ? words.inIt : words.notInIt}</State>{" "}
              {each.audience ? <InAudience name={each.audience} /> : words.everybody}{" "}
              <span className="w-meta">{each.offer ? <bdi>{each.offer}</bdi> : words.holdsBack}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
