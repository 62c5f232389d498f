/** The first properties in a line. */
export function preview(properties: unknown): string {
  if (typeof properties !== "object" || properties === null) return "";
  const told = Object.entries(properties).slice(0, 4).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return told.join(" · ").slice(0, 300);
}
