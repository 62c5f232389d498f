import type { Schema } from "@/api/client";
import { personName } from "@/words/format";

type Person = Pick<Schema["PersonView"], "name" | "identifiers">;

/** What a person is called: the name, else the identifier that says most; empty for a bare browser. */
export function nameOf({ name, identifiers }: Person): string {
  const told = personName({ name: name.full, given: name.given, family: name.family });
  return told || bestIdentifier(identifiers) || "";
}

/** Where an identifier stands in a list: what a person would give first, then other systems, then browsers and devices. */
export function rankOf(namespace: string): number {
  const telling = TELLING.indexOf(namespace);
  return telling >= 0 ? telling : DEVICES.has(namespace) ? TELLING.length + 1 : TELLING.length;
}

const TELLING = ["email", "phone", "user_id"];
const DEVICES = new Set(["anonymous_id", "device_id", "advertising_id"]);

type Identifier = { namespace: string; value: string };

export function bestIdentifier(identifiers: readonly Identifier[]): string | undefined {
  for (const namespace of TELLING) {
    const found = identifiers.find((each) => each.namespace === namespace);
    if (found) return found.value;
  }
  return identifiers.find((each) => !DEVICES.has(each.namespace))?.value;
}

const NAMES = {
  full: ["name", "fullName", "full_name", "displayName", "display_name"],
  given: ["firstName", "first_name", "givenName", "given_name"],
  family: ["lastName", "last_name", "familyName", "family_name", "surname"],
};

/** The name among traits, for a page that has the traits and no name. */
export function nameFromTraits(traits: Record<string, unknown>): Person["name"] {
  const first = (names: readonly string[]) =>
    names.map((name) => traits[name]).find((value): value is string => typeof value === "string" && value.trim() !== "") ?? "";
  return { full: first(NAMES.full), given: first(NAMES.given), family: first(NAMES.family) };
}
