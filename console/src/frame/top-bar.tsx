import { ActionIcon, Kbd, Menu, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconLanguage, IconMoon, IconSearch, IconSun, IconUserCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Language, LANGUAGES, useFormat, useLanguage, useWords } from "@/words";
import { Health } from "./health";
import { openPalette } from "./palette-state";
import { useSession, useSignOut } from "./session";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export function TopBar({ burger }: { burger: ReactNode }) {
  const words = useWords();
  const session = useSession();
  return (
    <div className="w-top">
      {burger}
      <Link to="/" className="w-brand">
        <img src="/favicon.svg" width="20" height="20" alt="" />
        <bdi className="w-cut">{session.workspace}</bdi>
      </Link>
      <UnstyledButton className="w-search" onClick={openPalette}>
        <IconSearch size={14} aria-hidden="true" />
        <span>{words.palette.open}</span>
        <Kbd size="xs">{MAC ? "⌘K" : "Ctrl K"}</Kbd>
      </UnstyledButton>
      <Health />
      <Tongue />
      <Theme />
      <Who />
    </div>
  );
}

function Tongue() {
  const words = useWords();
  const { language, speak } = useLanguage();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={words.frame.language} title={words.frame.language}>
          <IconLanguage size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.entries(LANGUAGES) as [Language, string][]).map(([each, name]) => (
          <Menu.Item key={each} onClick={() => speak(each)} lang={each} aria-current={each === language ? "true" : undefined} fw={each === language ? 600 : 400}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export const THEMES = ["auto", "light", "dark"] as const;

function Theme() {
  const words = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <Menu position="bottom-end" shadow="md" transitionProps={{ duration: 120 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={words.frame.theme} title={words.frame.theme}>
          {scheme === "dark" ? <IconMoon size={18} stroke={1.6} /> : <IconSun size={18} stroke={1.6} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {THEMES.map((each) => (
          <Menu.Item key={each} onClick={() => setColorScheme(each)} aria-current={each === colorScheme ? "true" : undefined} fw={each === colorScheme ? 600 : 400}>
            {words.frame.themes[each]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Who() {
  const words = useWords();
  const format = useFormat();
  const session = useSession();
  const signOut = useSignOut();
  // A browser's session is called so by the server, in English.
  const name = session.kind === "session" ? (words.settings.kinds[session.kind] ?? session.name) : session.name;
  return (
    <Menu position="bottom-end" shadow="md" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={words.frame.account} title={name}>
          <IconUserCircle size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <bdi>{name}</bdi> · {format.list(session.scopes.map((each) => words.settings.scopes[each] ?? each))}
        </Menu.Label>
        {session.expires_at && <Menu.Label>{words.frame.until(format.moment(session.expires_at))}</Menu.Label>}
        <Menu.Divider />
        <Menu.Item onClick={signOut}>{words.frame.signOut}</Menu.Item>
        <Menu.Label>Weft {session.version}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
