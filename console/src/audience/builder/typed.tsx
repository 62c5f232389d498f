import { Button, Radio, Textarea } from "@mantine/core";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Code } from "@/ui/code";
import { Failed } from "@/ui/states";
import { yamlOf } from "@/ui/yaml-text";
import { useLanguage } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { type Body, blankGroup, type Group, isGroup, nodeOf, rootOf } from "./rule";

type Reading = Schema["TextReadingView"];
type Unread = Schema["UnreadView"];

const TEXT_CHARACTERS = 1_000;

/** The rule with another one that has to hold too. */
export function joined(root: Group, who: Body): Group {
  const node = nodeOf(who);
  const more = isGroup(node) && node.group === "all" ? node.rules : [node];
  return root.group === "all" ? { ...root, rules: [...root.rules, ...more] } : blankGroup("all", [root, ...more]);
}

/** The API counts characters; a text here counts halves of some of them. */
const cut = (text: string, start: number, end: number) => [...text].slice(start, end).join("");
const replaced = (text: string, { start, end }: Unread, name: string) => `${cut(text, 0, start)}${name}${cut(text, end, text.length)}`;

interface TypedProps {
  root: Group;
  put: (root: Group) => void;
}

/** Typed text, read as a rule and told as a sentence before it is used. Enter reads; once more, and it is used. */
export function Typed({ root, put }: TypedProps) {
  const words = useBuilderWords();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const read = api.useMutation("post", "/api/audiences/read-text");
  const field = useRef<HTMLTextAreaElement>(null);
  const ask = (what: string) => {
    if (!what.trim() || read.isPending) return;
    setAsked(what);
    read.mutate({ body: { text: what } });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // Enter ends a syllable
    if (event.key === "Escape" && read.data) read.reset();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    ask(text);
  };
  const use = (next: Group) => {
    put(next);
    setText("");
    read.reset();
    field.current?.focus();
  };
  const correct = (unread: Unread, name: string) => {
    const next = replaced(asked, unread, name);
    setText(next);
    ask(next);
    field.current?.focus();
  };
  return (
    <form className="w-typed" onSubmit={(event: FormEvent) => { event.preventDefault(); ask(text); }}>
      <div className="w-row top">
        <Textarea
          ref={field} className="grow" autosize minRows={1} maxRows={4} maxLength={TEXT_CHARACTERS} aria-label={words.typed.label} placeholder={words.typed.example}
          value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown}
        />
        <Button type="submit" variant="default" loading={read.isPending} disabled={!text.trim()}>{words.typed.read}</Button>
      </div>
      {read.error !== null && <Failed error={read.error} retry={() => ask(asked)} />}
      {read.data && <div className={text === asked ? "w-reading" : "w-reading stale"}><Read key={asked} asked={asked} reading={read.data} root={root} use={use} correct={correct} /></div>}
    </form>
  );
}

interface ReadProps {
  asked: string;
  reading: Reading;
  root: Group;
  use: (root: Group) => void;
  correct: (unread: Unread, name: string) => void;
}

function Read({ asked, reading, root, use, correct }: ReadProps) {
  const { language } = useLanguage();
  const { rule, sentence, parts, alternatives } = reading;
  const [chosen, setChosen] = useState(0);
  if (!rule) return <NotRead asked={asked} reading={reading} correct={correct} />;
  const choices = [{ rule, sentence }, ...alternatives];
  const { rule: who, sentence: said } = choices[chosen] ?? { rule, sentence };
  return (
    <>
      {choices.length > 1 ? <Choices said={choices.map((each) => each.sentence[language] ?? "")} chosen={chosen} choose={setChosen} /> : <p className="w-rule w-plain" role="status">{said[language]}</p>}
      {parts.length > 1 && chosen === 0 && <Parts parts={parts} />}
      <Code text={yamlOf({ who })} />
      <Use who={who} root={root} use={use} />
    </>
  );
}

function Choices({ said, chosen, choose }: { said: readonly string[]; chosen: number; choose: (index: number) => void }) {
  const words = useBuilderWords();
  return (
    <Radio.Group label={words.typed.several} value={String(chosen)} onChange={(value) => choose(Number(value))}>
      <div className="w-choices">{said.map((each, index) => <Radio key={index} value={String(index)} label={each} size="xs" />)}</div>
    </Radio.Group>
  );
}

function Parts({ parts }: { parts: Reading["parts"] }) {
  const words = useBuilderWords();
  const { language } = useLanguage();
  return (
    <dl className="w-facts" aria-label={words.typed.parts}>
      {parts.map((each) => (
        <div key={each.start} className="w-fact">
          <dt><bdi>{each.text}</bdi></dt>
          <dd>{each.sentence[language]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Use({ who, root, use }: { who: Body; root: Group; use: (root: Group) => void }) {
  const words = useBuilderWords();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const empty = root.rules.length === 0;
  return (
    <div className="w-row">
      {!empty && <Button ref={first} size="compact-sm" onClick={() => use(joined(root, who))}>{words.typed.add}</Button>}
      <Button ref={empty ? first : undefined} size="compact-sm" variant={empty ? "filled" : "default"} onClick={() => use(rootOf(who))}>{empty ? words.typed.use : words.typed.replace}</Button>
    </div>
  );
}

function NotRead({ asked, reading, correct }: { asked: string; reading: Reading; correct: (unread: Unread, name: string) => void }) {
  const words = useBuilderWords();
  return (
    <div role="alert" className="w-reading">
      <p className="w-plain"><strong>{words.typed.notRead}</strong> <Marked text={asked} unread={reading.not_understood} /></p>
      <ul className="w-list w-unread">
        {reading.not_understood.map((each) => (
          <li key={each.start}>
            <span><q>{each.text}</q> <span className="w-meta">{each.why}</span></span>
            {each.near.length > 0 && (
              <span className="w-row">
                <span className="w-meta">{words.typed.meant}</span>
                {each.near.map((name) => <Button key={name} size="compact-xs" variant="default" onClick={() => correct(each, name)}><bdi>{name}</bdi></Button>)}
              </span>
            )}
            {each.trait && <span className="w-typed-trait"><span className="w-meta">{words.typed.withTrait}</span><Code text={yamlOf(each.trait)} /></span>}
          </li>
        ))}
      </ul>
      {reading.parts.length > 0 && <><span className="w-meta">{words.typed.parts}</span><Parts parts={reading.parts} /></>}
    </div>
  );
}

/** The text with what nobody understood marked. */
function Marked({ text, unread }: { text: string; unread: readonly Unread[] }) {
  const places = unread.filter((each) => each.end > each.start).sort((one, other) => one.start - other.start);
  const from = (index: number) => places[index - 1]?.end ?? 0;
  return (
    <bdi className="w-marked">
      {places.map((each, index) => <span key={each.start}>{cut(text, from(index), each.start)}<mark>{cut(text, Math.max(each.start, from(index)), each.end)}</mark></span>)}
      {cut(text, from(places.length), text.length)}
    </bdi>
  );
}
