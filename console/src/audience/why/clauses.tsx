import { Link } from "@tanstack/react-router";
import { useFormat, useLanguage, useWords } from "@/words";
import { useWhyWords } from "@/words/why";
import { Behind } from "./facts";
import { type Branch, type Clause, treeOf } from "./tree";
import { Value } from "./value";

/** The rule as it is nested: whether each clause holds, what it found, and what stands behind that. */
export function Clauses({ of }: { of: readonly Clause[] }) {
  const words = useWhyWords();
  const root = treeOf(of);
  return root && <ul className="w-clauses" aria-label={words.rule}><Node of={root} /></ul>;
}

function Node({ of: branch }: { of: Branch }) {
  // What is not, in one line: its sentence says the not, the clause inside what was found.
  const only = branch.clause.kind === "not" && branch.inner[0]?.inner.length === 0 ? branch.inner[0].clause : null;
  if (only) return <Leaf said={branch} found={only} />;
  if (branch.inner.length === 0) return <Leaf said={branch} found={branch.clause} />;
  return <Group of={branch} />;
}

function Group({ of }: { of: Branch }) {
  const { clause, inner } = of;
  const words = useWhyWords();
  const all = useWords();
  const format = useFormat();
  const { language } = useLanguage();
  const name = clause.kind === "all" || clause.kind === "any" || clause.kind === "not" ? words.groups[clause.kind] : null;
  const held = inner.filter((each) => each.clause.holds).length;
  return (
    <li>
      <div className="w-clause">
        <Mark of={of} />
        <span className="w-said">
          {name === null ? <bdi>{clause.sentence[language]}</bdi> : <strong>{name}</strong>}
          {inner.length > 1 && <span className="w-meta">{words.hold(format.exact(held), format.exact(inner.length))}</span>}
          {clause.audience && <Link to="/audiences/$name" params={{ name: clause.audience }}>{all.acts.open}<span className="w-hidden"> <bdi>{clause.audience}</bdi></span></Link>}
        </span>
      </div>
      <ul>{inner.map((each) => <Node key={each.clause.path} of={each} />)}</ul>
    </li>
  );
}

function Leaf({ said, found }: { said: Branch; found: Clause }) {
  const words = useWhyWords();
  const { language } = useLanguage();
  return (
    <li data-path={said.clause.path}>
      <div className="w-clause">
        <Mark of={said} />
        <bdi className="w-said">{said.clause.sentence[language]}</bdi>
        {found.type !== null && <span className="w-found"><span className="w-meta">{words.found}</span> <Value of={found} /></span>}
      </div>
      <Behind facts={found.facts} counted={found.value} />
    </li>
  );
}

/** Whether it holds, by shape and word; whether the answer rests on it, by the colour of the answer. */
function Mark({ of: { clause: { holds }, decides, whole } }: { of: Branch }) {
  const words = useWhyWords();
  return (
    <span className={`w-mark ${decides ? (whole ? "good" : "bad") : ""}`} title={(holds ? words.holds : words.fails).replace(/[:：]$/, "")}>
      <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        {holds ? <path d="M3 8.5 6.5 12 13 4.5" /> : <path d="M4 4l8 8M12 4l-8 8" />}
      </svg>
      <span className="w-hidden">{holds ? words.holds : words.fails} </span>
    </span>
  );
}
