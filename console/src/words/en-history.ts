/** The words of what definitions were. */
export const history = {
  history: {
    title: "History",
    meta: "every version that was in force",
    version: "Version",
    when: "Since",
    who: "Who",
    how: "How",
    changes: "Changes",
    acts: "Acts",
    show: "Show changes",
    hide: "Hide changes",
    back: "Go back to this",
    sure: (name: string, n: number) => `Make ${name} what it was in version ${n}? That becomes a new version; the others stay.`,
    deleted: "deleted",
    made: "made",
    same: "Nothing changed in it.",
    places: (n: number, told: string) => `${told} ${n === 1 ? "change" : "changes"}`,
    hows: { files: "file edited", console: "console", api: "API", apply: "weft apply", rollback: "went back" } as Record<string, string>,
  },
};
