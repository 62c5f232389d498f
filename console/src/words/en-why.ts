/** Whether what is explained is now, was, or would be. */
export type Tense = "now" | "past" | "future";

const VERBS: Record<Tense, readonly [string, string]> = { now: ["is in", "is not in"], past: ["was in", "was not in"], future: ["would be in", "would not be in"] };

/** The words of why somebody is in an audience or not, and of what moved it. */
export const why = {
  act: "Why",
  anybody: (audience: string) => `Who is in ${audience}, and why`,
  title: (who: string, audience: string, member: boolean, tense: Tense) => `Why ${who} ${VERBS[tense][member ? 0 : 1]} ${audience}`,
  person: "Person",
  find: "Why is somebody in or not?",
  choose: { title: "Choose a person", text: "Anybody will do, in the audience or not: each clause of the rule then says what it came to, and what stands behind it." },
  asOf: "As of",
  asOfNow: "As of now, or a moment",
  backToNow: "Now",
  member: { now: ["In the audience", "Not in the audience"], past: ["Was in the audience", "Was not in the audience"], future: ["Would be in the audience", "Would not be in the audience"] } as Record<Tense, readonly [string, string]>,
  known: {
    now: "",
    past: "By what was known then. The definition and the identifiers are those of today.",
    future: "If nothing new comes until then.",
  } as Record<Tense, string>,
  since: "Since",
  through: "Through",
  changes: "Changes by itself",
  earliest: "at the earliest",
  stays: "No. Only something new changes it.",
  see: "See that moment",
  differsNow: "Not yet written down: that follows within moments.",
  differsThen: (member: boolean) => `Written down then: ${member ? "in" : "not in"} the audience. The definition or the identifiers were others.`,
  causes: { fact: "an event or record", time: "time alone", consent: "consent", list: "an uploaded list", sql: "a SQL trait", share: "the place among all", outside: "consent or a list", identity: "a merge or split", definition: "a changed definition", import: "an import" },
  rule: "Rule",
  groups: { all: "All of", any: "Any of", not: "Not" },
  hold: (n: string, of: string) => `${n} of ${of} hold`,
  holds: "Holds:",
  fails: "Does not hold:",
  found: "Found",
  missing: "nothing",
  yes: "yes",
  no: "no",
  states: { granted: "granted", refused: "refused" } as Record<string, string>,
  none: "No event counts.",
  more: (n: string) => `${n} more`,
  older: (n: string) => `${n} older are not listed.`,
  sides: ["First", "Then"],
  moves: "Entered and exited, and why",
  joined: (n: string) => `${n} became one with another member`,
  net: (n: string) => `net ${n}`,
  nobody: "Nobody.",
  merged: "Who it was is now part of somebody else.",
  everyCause: "Every cause",
  history: "Entered and exited",
  noHistory: "Nothing was written down yet.",
  entered: "Entered",
  exited: "Exited",
};

export type WhyWords = typeof why;
