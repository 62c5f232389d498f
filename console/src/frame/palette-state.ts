/** Opens the palette from anywhere: the top bar's button, a screen, a key. */
const EVENT = "weft:palette";

export function openPalette(): void {
  window.dispatchEvent(new Event(EVENT));
}

export function onPalette(open: () => void): () => void {
  window.addEventListener(EVENT, open);
  return () => window.removeEventListener(EVENT, open);
}
