import { Link } from "@tanstack/react-router";
import { api } from "@/api/client";
import { sentenceOf } from "@/audience/audiences";
import { Moved, WhyLink } from "@/audience/why/moved";
import { Section } from "@/ui/page";
import { Ask, Rows } from "@/ui/states";
import { Ago, Num } from "@/ui/values";
import { useLanguage, useWords } from "@/words";
import { useWhyWords } from "@/words/why";

/** Which audiences a person entered and left, and through what. */
export function Memberships({ name }: { name: string }) {
  const words = useWhyWords();
  return <Section title={words.moves}><Moved person={name} /></Section>;
}

/** The audiences of a person: since when, and by which rule. */
export function Audiences({ name }: { name: string }) {
  const words = useWords();
  const { language } = useLanguage();
  const query = api.useQuery("get", "/api/profiles/{name}/audiences", { params: { path: { name } } });
  return (
    <Section title={words.person.audiences} meta={query.data && <Num value={query.data.length} />}>
      <Ask query={query} shape={<Rows count={2} />}>
        {(audiences) => {
          if (audiences.length === 0) return <span className="w-meta">{words.person.noAudiences}</span>;
          return (
            <ul className="w-list">
              {audiences.map((each) => (
                <li key={each.name}>
                  <span className="w-row">
                    <Link to="/audiences/$name" params={{ name: each.name }}><bdi>{each.name}</bdi></Link>
                    <span className="w-meta end">{words.person.joined} <Ago at={each.since} /></span>
                    <WhyLink audience={each.name} person={name} told={each.name} />
                  </span>
                  <span className="w-meta">{sentenceOf(each, language)}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </Ask>
    </Section>
  );
}
