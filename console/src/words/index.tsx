import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { en } from "./en";
import { type Format, formatOf } from "./format";

export type { Format };

/** Every language has every word: a missing one does not compile. */
export type Words = typeof en;
export type Language = "en" | "ko" | "zh-TW";

export const LANGUAGES: Record<Language, string> = { en: "English", ko: "한국어", "zh-TW": "繁體中文" };
const HTML_LANG: Record<Language, string> = { en: "en", ko: "ko", "zh-TW": "zh-Hant-TW" };
const KEY = "weft.language";

interface Spoken {
  language: Language;
  words: Words;
  format: Format;
  speak: (language: Language) => void;
}

const Speech = createContext<Spoken | null>(null);

async function load(language: Language): Promise<Words> {
  if (language === "ko") return (await import("./ko")).ko;
  if (language === "zh-TW") return (await import("./zh-TW")).zhTW;
  return en;
}

/** The language that was chosen here, else the first of the browser's that the console speaks. */
function preferred(): Language {
  const kept = remembered();
  if (kept) return kept;
  for (const each of navigator.languages) {
    const tag = each.toLowerCase();
    if (tag.startsWith("ko")) return "ko";
    if (tag.startsWith("zh")) return "zh-TW";
    if (tag.startsWith("en")) return "en";
  }
  return "en";
}

function remembered(): Language | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept !== null && kept in LANGUAGES ? (kept as Language) : null;
  } catch {
    return null;
  }
}

export function Speaking({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferred);
  const [words, setWords] = useState<Words | null>(language === "en" ? en : null);

  useEffect(() => {
    let current = true;
    load(language)
      .then((found) => current && setWords(() => found))
      .catch(() => current && setWords(() => en));
    document.documentElement.lang = HTML_LANG[language];
    return () => {
      current = false;
    };
  }, [language]);

  const spoken = useMemo<Spoken | null>(() => {
    if (!words) return null;
    const speak = (next: Language) => {
      try {
        localStorage.setItem(KEY, next);
      } catch {
        // Without storage the choice lasts as long as the page.
      }
      setLanguage(next);
    };
    return { language, words, format: formatOf(language, words), speak };
  }, [language, words]);

  return spoken && <Speech.Provider value={spoken}>{children}</Speech.Provider>;
}

function useSpeech(): Spoken {
  const spoken = useContext(Speech);
  if (!spoken) throw new Error("Words are only known inside of <Speaking>.");
  return spoken;
}

export const useWords = (): Words => useSpeech().words;
export const useFormat = (): Format => useSpeech().format;
export const useLanguage = () => {
  const { language, speak } = useSpeech();
  return { language, speak };
};
