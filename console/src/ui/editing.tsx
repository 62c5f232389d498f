import { Button, SegmentedControl } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { useWords } from "@/words";

interface EditingProps {
  /** undefined where there is nothing to go back, or forth, to. */
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
  look: string;
  setLook: (look: string) => void;
}

/** What an editor offers above what is edited: a way back and forth, and the form or the text. */
export function Editing({ undo, redo, look, setLook }: EditingProps) {
  const words = useWords();
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="gray" disabled={!undo} onClick={undo} leftSection={<IconArrowBackUp size={14} aria-hidden="true" />}>{words.plans.undo}</Button>
      <Button size="compact-sm" variant="subtle" color="gray" disabled={!redo} onClick={redo} leftSection={<IconArrowForwardUp size={14} aria-hidden="true" />}>{words.plans.redo}</Button>
      <SegmentedControl
        size="xs" value={look} onChange={(value) => setLook(value)} aria-label={words.plans.look}
        data={[{ value: "form", label: words.plans.form }, { value: "text", label: words.plans.text }]}
      />
    </>
  );
}
