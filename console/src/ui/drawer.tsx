import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "@/words";

/** A detail over its list. Its route shows it; closing goes to the list's URL. */
export function Detail({ title, close, children }: { title: ReactNode; close: () => void; children: ReactNode }) {
  const words = useWords();
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
