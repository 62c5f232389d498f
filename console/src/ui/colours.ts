/** What a colour means, on every chart and beside every word: the only place where meaning and colour meet. */
export const COLOURS = {
  accepted: "--w-known",
  known: "--w-known",
  members: "--w-known",
  anonymous: "--w-anonymous",
  quarantined: "--w-quarantined",
  entered: "--w-entered",
  delivered: "--w-entered",
  exited: "--w-exited",
  imported: "--w-sixth",
} as const;

export type Colour = (typeof COLOURS)[keyof typeof COLOURS];

/** A colour as CSS takes it. */
export const paint = (colour: Colour): string => `var(${colour})`;
