import { Button, Group, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useWords } from "@/words";
import { Failed } from "./states";

interface ConfirmProps {
  /** What the button says, here and in the question. */
  act: string;
  question: string;
  run: () => Promise<unknown>;
  mutation: Pick<UseMutationResult<unknown, unknown, never>, "isPending" | "error" | "reset">;
  danger?: boolean;
  disabled?: boolean;
  children?: ReactNode;
}

/** An act that cannot be taken back asks first, and tells in place when it fails. */
export function Confirm({ act, question, run, mutation, danger = false, disabled = false, children }: ConfirmProps) {
  const words = useWords();
  const [opened, { open, close }] = useDisclosure(false);
  const start = () => {
    mutation.reset();
    open();
  };
  const go = () => {
    run().then(close, () => undefined); // the failure stands in the dialog
  };
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={start} disabled={disabled}>
        {children ?? act}
      </Button>
      <Modal opened={opened} onClose={close} withCloseButton={false} centered attributes={{ content: { "aria-label": question } }} transitionProps={{ duration: 120, transition: "fade" }}>
        <div className="w-form">
          <p className="w-plain">{question}</p>
          {mutation.error !== null && <Failed error={mutation.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              {words.acts.cancel}
            </Button>
            <Button {...(danger ? { color: "red" } : {})} loading={mutation.isPending} onClick={go}>
              {act}
            </Button>
          </Group>
        </div>
      </Modal>
    </>
  );
}
