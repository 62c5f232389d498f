import { ActionIcon } from "@mantine/core";
import { IconChevronsLeft, IconChevronsRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useWords } from "@/words";
import { SCREENS } from "./screens";

export function Rail({ narrow, toggle }: { narrow: boolean; toggle: (() => void) | undefined }) {
  const words = useWords();
  const fold = narrow ? words.frame.unfold : words.frame.fold;
  return (
    <>
      <nav className={narrow ? "w-rail narrow" : "w-rail"} aria-label={words.frame.screens}>
        {SCREENS.map(({ to, name, icon: Icon }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === "/", includeSearch: false }} title={narrow ? name(words) : undefined}>
            <Icon size={18} stroke={1.6} aria-hidden="true" />
            <span>{name(words)}</span>
          </Link>
        ))}
      </nav>
      {toggle && (
        <ActionIcon mt="auto" variant="subtle" color="gray" onClick={toggle} aria-label={fold} title={fold} aria-expanded={!narrow}>
          {narrow ? <IconChevronsRight size={16} /> : <IconChevronsLeft size={16} />}
        </ActionIcon>
      )}
    </>
  );
}
