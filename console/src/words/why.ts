import { why as en, type WhyWords } from "./en-why";
import { useLanguage } from "./index";
import { why as ko } from "./ko-why";
import { why as zhTW } from "./zh-TW-why";

export type { WhyWords };

const WORDS = { en, ko, "zh-TW": zhTW };

/** The words of why somebody is in an audience, in the console's language. They are loaded with those screens. */
export const useWhyWords = (): WhyWords => WORDS[useLanguage().language];
