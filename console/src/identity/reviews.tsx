import { Button, Kbd, Modal, TextInput } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { nameOf } from "@/profile/name";
import { Page, Section } from "@/ui/page";
import { FiguresShape, TableShape } from "@/ui/shapes";
import { Ask, Empty, Failed } from "@/ui/states";
import { useParam } from "@/ui/url";
import { Ago, State, Sure } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { Compared } from "./fields";
import { Moves } from "./moves";
import { useSay } from "./say";
import { History } from "./strength";

type Question = Schema["QuestionView"];

interface Answer {
  id: string;
  /** What was said by it: taken back one by one, the last first. */
  numbers: readonly number[];
}

const Quality = lazy(() => import("./quality").then(({ Quality: found }) => ({ default: found })));

const Rules = lazy(() => import("./rules").then(({ Rules: found }) => ({ default: found })));

/** The questions that wait for a person, and one of them at a time. */
export function Reviews() {
  const words = useWords();
  const format = useFormat();
  const [view, setView] = useParam("view");
  const query = api.useQuery("get", "/api/identity/questions", { params: { query: { limit: 200 } } }, { refetchInterval: 30_000 });
  return (
    <Page
      title={words.reviews.title} about={words.reviews.about}
      acts={query.data && <span className="w-meta">{words.reviews.waiting(query.data.total, format.short(query.data.total))}</span>}
    >
      <div className="w-views" role="tablist" aria-label={words.graph.views}>
        {([["", words.quality.queue], ["quality", words.quality.title], ["rules", words.idRules.tab]] as const).map(([value, told]) => (
          <button key={value} type="button" role="tab" aria-selected={view === value} onClick={() => setView(value)}>{told}</button>
        ))}
      </div>
      {view === "quality" ? (
        <Suspense fallback={<FiguresShape count={4} />}><Quality /></Suspense>
      ) : view === "rules" ? (
        <Suspense fallback={<TableShape rows={12} columns={4} />}><Rules /></Suspense>
      ) : (
        <Ask query={query} shape={<Shape />}>
          {(page) => <Queue of={page} />}
        </Ask>
      )}
    </Page>
  );
}

function Shape() {
  return (
    <div className="w-queue">
      <TableShape rows={8} columns={2} />
      <div><FiguresShape count={2} /><TableShape rows={8} columns={4} /></div>
    </div>
  );
}

function Queue({ of }: { of: Schema["QuestionPage"] }) {
  const words = useWords();
  const say = useSay();
  const [open, setOpen] = useParam("question");
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  const [skipped, setSkipped] = useState<readonly string[]>([]);
  const [told, setTold] = useState("");
  const [typed, setTyped] = useState({ key: "", text: "" });
  const [help, helping] = useDisclosure(false);
  const answered = new Set(answers.map((each) => each.id));
  const waiting = of.questions.filter((each) => !answered.has(each.key));
  const ordered = [...waiting.filter((each) => !skipped.includes(each.key)), ...skipped.flatMap((id) => waiting.filter((each) => each.key === id))];
  const place = Math.max(0, ordered.findIndex((each) => each.key === open));
  const review = ordered[place];
  const reason = typed.key === review?.key ? typed.text : "";
  const go = (step: number) => setOpen(ordered[Math.min(Math.max(place + step, 0), ordered.length - 1)]?.key ?? "");

  const answer = (kind: "same" | "apart") => {
    if (!review || say.isPending) return;
    const joined = review.ask === "split";
    const next = ordered[place + 1] ?? ordered[place - 1];
    say.mutateAsync({ deed: { do: "decide", key: review.key, decision: kind === "same" ? "merge" : "keep_apart" }, reason }).then((done) => {
      setAnswers((before) => [...before, { id: review.key, numbers: done.edges.filter((each) => each.kind !== "retract").map((each) => each.number) }]);
      setTold(words.reviews.said[kind === "same" ? (joined ? "together" : "same") : joined ? "split" : "apart"]);
      setOpen(next?.key ?? "");
    }, () => undefined); // the failure stands below
  };
  const undo = () => {
    const last = answers.at(-1);
    if (!last || say.isPending) return;
    const all = last.numbers.reduceRight(async (before, number) => {
      await before;
      await say.mutateAsync({ deed: { do: "retract", number } });
    }, Promise.resolve());
    all.then(() => {
      setAnswers((before) => before.slice(0, -1));
      setTold(words.reviews.said.undone);
      setOpen(last.id);
    }, () => undefined);
  };
  const skip = () => {
    if (!review) return;
    const next = ordered[place + 1] ?? ordered[0];
    setSkipped((before) => [...before.filter((id) => id !== review.key), review.key]);
    setTold("");
    setOpen(next?.key ?? "");
  };
  useHotkeys([
    ["m", () => answer("same")], ["a", () => answer("apart")], ["s", skip], ["u", undo],
    ["j", () => go(1)], ["k", () => go(-1)], ["shift+?", helping.open], ["?", helping.open],
  ]);

  return (
    <>
      <div className="w-said" role="status">
        {told && <State tone="good">{told}</State>}
        {answers.length > 0 && <Button size="compact-sm" variant="subtle" onClick={undo} loading={say.isPending}>{words.reviews.undo} <Kbd ml={6} size="xs">U</Kbd></Button>}
      </div>
      {say.error !== null && <Failed error={say.error} />}
      {!review ? (
        <Empty title={words.reviews.none.title} text={words.reviews.none.text} />
      ) : (
        <div className="w-queue">
          <List of={ordered} open={review.key} pick={(id) => setOpen(id)} />
          <One
            key={review.key} id={review.key} why={review.why} reason={reason} setReason={(text) => setTyped({ key: review.key, text })} place={place} count={ordered.length} merge={of.merge} review={of.review}
            acts={{ same: () => answer("same"), apart: () => answer("apart"), skip, back: () => go(-1), on: () => go(1), help: helping.open }} busy={say.isPending}
          />
        </div>
      )}
      <Keys opened={help} close={helping.close} />
    </>
  );
}

function List({ of, open, pick }: { of: readonly Question[]; open: string; pick: (id: string) => void }) {
  const words = useWords();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  }, [open]);
  return (
    <nav className="w-questions" aria-label={words.reviews.list} ref={list}>
      {of.map((each) => (
        <button key={each.key} type="button" aria-current={each.key === open ? "true" : undefined} onClick={() => pick(each.key)}>
          <span className="names">
            <bdi className="w-cut">{shortOf(each.left) || words.people.nameless}</bdi>
            {each.ask === "merge" && <bdi className="w-cut">{shortOf(each.right) || words.people.nameless}</bdi>}
          </span>
          <span className="w-meta">
            {each.ask === "merge" ? words.reviews.shortMerge : words.reviews.shortSplit}
            <Sure share={each.confidence} />
          </span>
        </button>
      ))}
    </nav>
  );
}

const shortOf = (side: Schema["SideView"]) => nameOf(side) || side.identifiers[0]?.value;

interface Acts {
  same: () => void;
  apart: () => void;
  skip: () => void;
  back: () => void;
  on: () => void;
  help: () => void;
}

interface OneProps {
  id: string;
  why: string;
  reason: string;
  setReason: (reason: string) => void;
  place: number;
  count: number;
  merge: number;
  review: number;
  acts: Acts;
  busy: boolean;
}

function One({ id, why, reason, setReason, place, count, merge, review, acts, busy }: OneProps) {
  const words = useWords();
  const format = useFormat();
  const may = useMay("write");
  const query = api.useQuery("get", "/api/identity/questions/{key}", { params: { path: { key: id } } }, { retry: false });
  return (
    <article className="w-question">
      <Ask query={query} shape={<><FiguresShape count={2} /><TableShape rows={8} columns={4} /></>}>
        {(found) => {
          const split = found.question.ask === "split";
          return (
            <>
              <header>
                <div>
                  <h2>{split ? words.reviews.askSplit : words.reviews.askMerge}</h2>
                  <p className="w-meta w-plain">
                    <Sure share={found.question.confidence} /> {format.share(found.question.confidence)}
                    {" · "}<Ago at={found.question.since} />
                    {words.reviews.whys[why] && <> · {words.reviews.whys[why]}</>}
                  </p>
                </div>
                <History of={found.link.history} merge={merge} review={review} />
              </header>
              <Compared of={found} />
              <div className="w-answer">
                <Button size="compact-md" onClick={acts.same} disabled={!may || busy}>{split ? words.reviews.together : words.reviews.merge}<Kbd ml={8} size="xs">M</Kbd></Button>
                <Button size="compact-md" variant="default" onClick={acts.apart} disabled={!may || busy}>{split ? words.reviews.split : words.reviews.apart}<Kbd ml={8} size="xs">A</Kbd></Button>
                <Button size="compact-md" variant="subtle" color="gray" onClick={acts.skip}>{words.reviews.skip}<Kbd ml={8} size="xs">S</Kbd></Button>
                <TextInput
                  size="xs" className="reason" aria-label={words.reviews.reason} placeholder={words.reviews.reason} value={reason} maxLength={1_000}
                  onChange={(event) => setReason(event.currentTarget.value)}
                />
                <span className="walk">
                  <Button size="compact-sm" variant="subtle" color="gray" onClick={acts.back} disabled={place === 0}>{words.reviews.previous}</Button>
                  <span className="w-meta w-num">{words.reviews.place(format.exact(place + 1), format.exact(count))}</span>
                  <Button size="compact-sm" variant="subtle" color="gray" onClick={acts.on} disabled={place === count - 1}>{words.reviews.next}</Button>
                  <Button size="compact-sm" variant="subtle" color="gray" onClick={acts.help}>{words.reviews.help}<Kbd ml={6} size="xs">?</Kbd></Button>
                </span>
              </div>
              <Section title={split ? words.reviews.movesSplit : words.reviews.moves}>
                <Moves deed={{ do: "decide", key: id, decision: split ? "keep_apart" : "merge" }} />
              </Section>
            </>
          );
        }}
      </Ask>
    </article>
  );
}

function Keys({ opened, close }: { opened: boolean; close: () => void }) {
  const words = useWords();
  return (
    <Modal opened={opened} onClose={close} title={words.reviews.help} size="sm" centered transitionProps={{ duration: 120, transition: "fade" }} closeButtonProps={{ "aria-label": words.acts.close }}>
      <dl className="w-keys">
        {Object.entries(words.reviews.keys).map(([key, told]) => <div key={key}><dt><Kbd>{key}</Kbd></dt><dd>{told}</dd></div>)}
      </dl>
    </Modal>
  );
}
