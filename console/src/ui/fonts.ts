import "@fontsource-variable/inter/wght.css";

/**
 * Hangul and Han come in slices, each fetched when one of its characters is shown and no font of the system has it.
 * Where the slices are is learnt after the first paint, which they would only hold up.
 */
export function loadFonts(): void {
  const load = () => void import("./fonts-east").catch(() => undefined); // without it the system's fonts serve
  if (document.readyState === "complete") load();
  else window.addEventListener("load", load, { once: true });
}
