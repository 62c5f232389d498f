import { Drawer } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useWords } from "@/words";

/** Gives the focus back to where it was: the route takes the whole drawer away, so the drawer itself cannot. */
function useFocusBack(): void {
  const from = useRef(document.activeElement);
  useEffect(() => () => {
    if (from.current instanceof HTMLElement) from.current.focus();
  }, []);
}

/** A detail over its list. Its route shows it; closing goes to the list's URL. */
export function Detail({ title, close, children }: { title: ReactNode; close: () => void; children: ReactNode }) {
  const words = useWords();
  useFocusBack();
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="min(680px, 100vw)"
      title={<bdi>{title}</bdi>}
      padding="lg"
      overlayProps={{ backgroundOpacity: 0.25 }}
      transitionProps={{ duration: 150 }}
      closeButtonProps={{ "aria-label": words.acts.close }}
      styles={{ title: { fontWeight: 600, fontSize: 20, lineHeight: "28px" } }}
    >
      <div className="w-detail">{children}</div>
    </Drawer>
  );
}
