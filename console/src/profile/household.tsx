import { api, type Schema } from "@/api/client";
import { Facts, Section } from "@/ui/page";
import { Num, Sure, Text } from "@/ui/values";
import { type Format, useFormat, useWords, type Words } from "@/words";
import { nameOf } from "./name";
import { PersonLink } from "./person-link";

type Household = Schema["HouseholdView"];

const TRAITS = ["address", "landline", "family_name"] as const;

/** With whom somebody lives, and what they share. Nothing is shown of who lives with nobody that is known. */
export function Home({ name, profile }: { name: string; profile: string }) {
  const words = useWords();
  const format = useFormat();
  const { data } = api.useQuery("get", "/api/profiles/{name}/household", { params: { path: { name } } });
  if (data?.crowd) {
    return <Section title={words.household.title}><span className="w-meta">{words.household.crowded(format.exact(data.crowd.at_least))}</span></Section>;
  }
  return data?.household ? <Members of={data.household} profile={profile} /> : null;
}

function Members({ of, profile }: { of: Household; profile: string }) {
  const words = useWords();
  const format = useFormat();
  const names = new Map(of.members.map((each) => [each.profile_id, nameOf(each)]));
  return (
    <Section title={words.household.title} meta={<Num value={of.members.length} />}>
      <Facts rows={TRAITS.map((trait) => [titleOf(words, trait), of.shared[trait] ? <Text key={trait} value={of.shared[trait]} /> : null])} />
      <ul className="w-list">
        {of.members.map((each) => (
          <li key={each.profile_id}>
            <span className="w-row">
              {each.profile_id === profile ? <bdi>{names.get(profile) || words.household.you}</bdi> : <PersonLink profile={each.profile_id} names={names} />}
              <span className="w-meta end"><Sure share={each.rank} /></span>
            </span>
            <span className="w-meta">{reasons(words, format, each)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Why she is taken to live with the others. */
function reasons(words: Words, format: Format, of: Household["members"][number]): string {
  const shared = of.shares.length ? words.household.shares(sharesOf(words, of.shares)) : "";
  const compared = of.probability == null ? "" : words.household.compared(format.share(of.probability));
  return [shared, compared].filter(Boolean).join(" · ");
}

function sharesOf(words: Words, shares: readonly string[]): string {
  return TRAITS.filter((each) => shares.includes(each)).map((each) => words.household.sharedWith[each]).join(", ");
}

function titleOf(words: Words, trait: (typeof TRAITS)[number]): string {
  const told = words.household.sharedWith[trait];
  return told.charAt(0).toUpperCase() + told.slice(1);
}
