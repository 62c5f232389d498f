import { AppShell, Burger } from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
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

function Frame() {
  const words = useWords();
  const [opened, burger] = useDisclosure(false);
  const [narrow, setNarrow] = useLocalStorage({ key: "weft.rail.narrow", defaultValue: false });
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => burger.close(), [path, burger.close]);

  return (
    <AppShell
      header={{ height: HEADER_PX }}
      navbar={{ width: narrow && !phone ? NARROW_PX : WIDE_PX, breakpoint: "sm", collapsed: { mobile: !opened } }}
      transitionDuration={150}
    >
      <a className="w-skip" href="#content">
        {words.frame.skip}
      </a>
      <AppShell.Header>
        <TopBar
          burger={<Burger opened={opened} onClick={burger.toggle} hiddenFrom="sm" size="sm" aria-label={words.frame.menu} />}
        />
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <Rail narrow={narrow && !phone} toggle={phone ? undefined : () => setNarrow(!narrow)} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}
