import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { Section } from "@/ui/page";
import { useWords } from "@/words";

const PATHS: Record<string, string> = { audiences: "/audiences", traits: "/traits", destinations: "/destinations", slots: "/slots" };

/** The definitions that name this one. */
export function Used({ by }: { by: readonly Schema["UsedBy"][] }) {
  const words = useWords();
  return (
    <Section title={words.audiences.used}>
      {by.length === 0 ? <span className="w-meta">{words.audiences.unused}</span> : (
        <div className="w-chips">
          {by.map(({ kind, name }) => (
            <Link key={`${kind}/${name}`} className="w-chip" to={`${PATHS[kind] ?? ""}/${name}` as never}>
              <span className="w-meta">{words.audiences.kinds[kind] ?? kind}</span> <bdi>{name}</bdi>
            </Link>
          ))}
        </div>
      )}
    </Section>
  );
}
