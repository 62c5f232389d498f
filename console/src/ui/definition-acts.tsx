import { Button } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import type { Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { useWords } from "@/words";
import { useBuilderWords } from "@/words/builder";
import { Confirm } from "./confirm";
import { Saved } from "./saved";
import { Failed } from "./states";
import { State } from "./values";

type Mutation = Pick<UseMutationResult<unknown, unknown, never>, "isPending" | "error" | "reset">;
type Writing = Mutation & { data: Schema["SavedView"] | undefined };

interface DefinitionActsProps {
  name: string;
  save: Writing;
  check: Writing;
  remove: Mutation;
  write: (only: "save" | "check") => void;
  /** Null while there is nothing to delete. */
  deletes: { question: string; run: () => Promise<unknown> } | null;
}

/** What can be done with a definition that is edited in place: save, check, delete; and how it went. */
export function DefinitionActs({ name, save, check, remove, write, deletes }: DefinitionActsProps) {
  const all = useWords();
  const words = useBuilderWords();
  const may = useMay("write");
  const problem = save.error ?? check.error;
  return (
    <>
      {problem !== null && <Failed error={problem} />}
      {check.data && !save.data && <State tone="good">{words.fits(check.data.path)}</State>}
      {save.data && <Saved of={save.data} />}
      {may && (
        <div className="w-row">
          <Button size="sm" loading={save.isPending} disabled={!name} onClick={() => { check.reset(); write("save"); }}>{all.acts.save}</Button>
          <Button size="sm" variant="default" loading={check.isPending} disabled={!name} onClick={() => { save.reset(); write("check"); }}>{words.check}</Button>
          {deletes && <span className="end"><Confirm danger act={all.acts.delete} question={deletes.question} mutation={remove} run={deletes.run} /></span>}
        </div>
      )}
    </>
  );
}
