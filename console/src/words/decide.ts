import { decide as en, type DecideWords } from "./en-decide";
import { useLanguage } from "./index";
import { decide as ko } from "./ko-decide";
import { decide as zhTW } from "./zh-TW-decide";

const WORDS = { en, ko, "zh-TW": zhTW };

/** The words of the slots, in the console's language. They are loaded with those screens. */
export const useDecideWords = (): DecideWords => WORDS[useLanguage().language];
