import { builder as en, type BuilderWords } from "./en-builder";
import { useLanguage } from "./index";
import { builder as ko } from "./ko-builder";
import { builder as zhTW } from "./zh-TW-builder";

const WORDS = { en, ko, "zh-TW": zhTW };

/** The words of the screens that make definitions, in the console's language. They are loaded with those screens. */
export const useBuilderWords = (): BuilderWords => WORDS[useLanguage().language];
