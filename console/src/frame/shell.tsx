import { AppShell, Burger, Drawer } from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useWords } from "@/words";
import { Palette } from "./palette";
import { Rail } from "./rail";
import { Signed } from "./session";
import { TopBar } from "./top-bar";

const HEADER_PX = 48;
const WIDE_PX = 220;
const NARROW_PX = 56;

export function Shell() {
  return (
    <Signed>
      <Frame />
    </Signed>
  );
}

/** After a walk to another screen the keyboard goes on in its content, unless the screen took the focus itself. */
function useFocusOnWalk(screen: string) {
  const content = useRef<HTMLElement>(null);
  const first = useRef(screen);
  useEffect(() => {
    if (first.current === screen) return;
    first.current = screen;
    const { activeElement } = document;
    if (activeElement === document.body || activeElement?.closest("nav")) content.current?.focus({ preventScroll: true });
  }, [screen]);
  return content;
}

function Frame() {
  const words = useWords();
  const [opened, burger] = useDisclosure(false);
  const [narrow, setNarrow] = useLocalStorage({ key: "weft.rail.narrow", defaultValue: false, getInitialValueInEffect: false });
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const path = useRouterState({ select: (state) => state.location.pathname });
  // A drawer over a list has a URL of its own and keeps the focus where it is.
  const content = useFocusOnWalk(path.split("/")[1] ?? "");
  useEffect(() => burger.close(), [path, burger.close]);

  return (
    <AppShell
      header={{ height: HEADER_PX }}
      navbar={{ width: narrow ? NARROW_PX : WIDE_PX, breakpoint: "sm", collapsed: { mobile: true } }}
      transitionDuration={150}
    >
      <a className="w-skip" href="#content">
        {words.frame.skip}
      </a>
      <AppShell.Header>
        <TopBar burger={phone && <Burger opened={opened} onClick={burger.toggle} size="sm" aria-label={words.frame.menu} aria-expanded={opened} />} />
      </AppShell.Header>
      {!phone && (
        <AppShell.Navbar p="sm">
          <Rail narrow={narrow} toggle={() => setNarrow(!narrow)} />
        </AppShell.Navbar>
      )}
      <Drawer
        opened={phone && opened} onClose={burger.close} size={WIDE_PX + NARROW_PX} padding="sm" title={words.frame.menu}
        transitionProps={{ duration: 150 }} closeButtonProps={{ "aria-label": words.acts.close }}
      >
        <Rail narrow={false} toggle={undefined} />
      </Drawer>
      <AppShell.Main id="content" tabIndex={-1} ref={content}>
        <Outlet />
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}
