/** The words of the slots: what is shown where. */
export const decide = {
  about: "Places in a page or an app, and what is shown there to whom.",
  add: "New slot",
  none: { title: "No slots yet", text: "A slot is a place in a page with its offers. The page asks who is in front of it, and gets the first offer that fits, or nothing.", command: "definitions/slots/home_hero.yaml" },
  offers: "Offers, the first that fits",
  purpose: "Consent",
  today: "Shown today",
  week: "Shown in 7 days",
  everybody: "Everybody who is known",
  heldBack: "Nothing is shown to",
  otherwise: "No offer shown",
  grounds: { offer: "An offer", default: "No offer fits", unknown_person: "Not known", held_back: "Held back", no_consent: "No consent" },
  shows: "What the page gets",
  nothing: "Nothing is shown",
  tryIt: "Try it for a person",
  tryHint: "An identifier such as user_id:42, or a profile id. Nothing is counted.",
  try: "Try",
  walked: "What was looked at",
  inIt: "In it",
  notInIt: "Not in it",
  holdsBack: "holds back",
  removeSure: (name: string) => `Delete ${name}? Pages that ask for it get nothing. Versions are kept.`,
};

export type DecideWords = typeof decide;
