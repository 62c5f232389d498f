import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Confirm } from "@/ui/confirm";
import { Section } from "@/ui/page";
import { Saved } from "@/ui/saved";
import { Ask, Rows } from "@/ui/states";
import { Ago, plain } from "@/ui/values";
import { UNKNOWN } from "@/words/format";
import { useFormat, useWords } from "@/words";

type Version = Schema["VersionView"];

interface HistoryProps {
  /** The folder of the definition, such as `audiences`. */
  kind: string;
  name: string;
}

/** What a definition was: who changed it, when and how; what changed; and the way back. */
export function History({ kind, name }: HistoryProps) {
  const words = useWords();
  const [shown, setShown] = useState<number | null>(null);
  const [saved, setSaved] = useState<Schema["SavedView"] | null>(null);
  const query = api.useQuery("get", "/api/definitions/{kind}/{name}/versions", { params: { path: { kind, name } } }, { retry: false });
  return (
    <Section title={words.history.title} meta={words.history.meta}>
      <Ask query={query} shape={<Rows count={2} />}>
        {(versions) => (
          <table className="w-bars w-stays w-versions">
            <thead>
              <tr>
                {[words.history.version, words.history.when, words.history.who, words.history.how, words.history.changes].map((each) => <th key={each} scope="col">{each}</th>)}
                <th scope="col"><span className="w-hidden">{words.history.acts}</span></th>
              </tr>
            </thead>
            {versions.map((each, index) => (
              <Row
                key={each.number} kind={kind} name={name} version={each} newest={index === 0}
                open={shown === each.number} toggle={() => setShown(shown === each.number ? null : each.number)} restored={setSaved}
              />
            ))}
          </table>
        )}
      </Ask>
      {saved && <Saved of={saved} />}
    </Section>
  );
}

interface RowProps extends HistoryProps {
  version: Version;
  newest: boolean;
  open: boolean;
  toggle: () => void;
  restored: (saved: Schema["SavedView"]) => void;
}

function Row({ kind, name, version, newest, open, toggle, restored }: RowProps) {
  const words = useWords();
  const format = useFormat();
  const { number } = version;
  return (
    <tbody>
      <tr>
        <td className="w-num">{number}</td>
        <td><Ago at={version.at} /></td>
        <td><bdi>{version.who || UNKNOWN}</bdi></td>
        <td>{words.history.hows[version.how]}</td>
        <td>{version.deleted ? words.history.deleted : number === 1 ? words.history.made : words.history.places(version.differences, format.exact(version.differences))}</td>
        <td className="acts">
          <Button size="compact-sm" variant="subtle" color="gray" aria-expanded={open} onClick={toggle}>
            {open ? words.history.hide : words.history.show}<span className="w-hidden"> {number}</span>
          </Button>
          {!newest && !version.deleted && <Back kind={kind} name={name} number={number} restored={restored} />}
        </td>
      </tr>
      {open && <tr><td colSpan={6}><Differences kind={kind} name={name} number={number} /></td></tr>}
    </tbody>
  );
}

function Back({ kind, name, number, restored }: HistoryProps & { number: number } & Pick<RowProps, "restored">) {
  const words = useWords();
  const mayWrite = useMay("write");
  const queries = useQueryClient();
  const restore = api.useMutation("post", "/api/definitions/{kind}/{name}/versions/{number}/restore", { onSuccess: () => queries.invalidateQueries() });
  if (!mayWrite) return null;
  return (
    <Confirm
      act={words.history.back} question={words.history.sure(name, number)} mutation={restore}
      run={() => restore.mutateAsync({ params: { path: { kind, name, number } } }).then(restored)}
    />
  );
}

/** What changed in a version, place by place: what was, and what is. */
function Differences({ kind, name, number }: HistoryProps & { number: number }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/definitions/{kind}/{name}/versions/{number}", { params: { path: { kind, name, number } } });
  return (
    <Ask query={query} shape={<Rows count={2} />}>
      {({ differences }) => (
        <dl className="w-diff">
          {differences.length === 0 && <dt className="w-meta">{words.history.same}</dt>}
          {differences.map((each, index) => (
            <div key={`${index}-${each.at}`}>
              <dt className="w-mono"><bdi>{each.at}</bdi></dt>
              {"before" in each && <dd className="w-mono"><del>{plain(each.before)}</del></dd>}
              {"after" in each && <dd className="w-mono"><ins>{plain(each.after)}</ins></dd>}
            </div>
          ))}
        </dl>
      )}
    </Ask>
  );
}
