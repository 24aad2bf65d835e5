// The language of the page for React: `useT()` gives the translator, with the
// formats for numbers and times. Messages are loaded for one language at a time.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

import { readSetting, writeSetting } from "../app/storage";
import { serverWords, type Words } from "./serverWords";
import {
  formatAgo,
  formatDate,
  formatNumber,
  formatPercent,
  inARow,
  translate,
  type Key,
  type Language,
  type Messages,
  type Values,
} from "./translate";

export type { Key, Language } from "./translate";

export type Translator = {
  (key: Key, values?: Values): string;
  /** A sentence of the server. */
  server: (sentence: string) => string;
  language: Language;
  /** Sentences in a row, those that there are. */
  inARow: (...sentences: (string | false | null)[]) => string;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  percent: (share: number, digits?: number) => string;
  ago: (iso: string) => string;
  date: (iso: string) => string;
};

const LanguageContext = createContext<{
  t: Translator;
  setLanguage: (language: Language) => void;
} | null>(null);

type Loaded = { language: Language; messages: Messages; words: Words };

const load: Record<Language, () => Promise<Loaded>> = {
  en: () => import("./en").then((it) => ({ language: "en", messages: it.default, words: {} })),
  zh: () =>
    import("./zh").then((it) => ({ language: "zh", messages: it.default, words: it.words })),
};

let first: Loaded | null = null;

/** Loads the messages of the language that the page begins in, before it is drawn. */
export async function loadMessages(): Promise<void> {
  first = await load[preferredLanguage()]();
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const [loaded, setLoaded] = useState(first);

  useEffect(() => {
    let isCurrent = true;
    void load[language]().then((found) => {
      if (!isCurrent) return;
      // The same words are not drawn twice.
      setLoaded((old) => (old?.language === language ? old : found));
    });
    writeSetting("language", language);
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    return () => {
      isCurrent = false;
    };
  }, [language]);

  const value = useMemo(() => loaded && { t: translatorFor(loaded), setLanguage }, [loaded]);
  return value && <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useT(): Translator {
  return useLanguage().t;
}

export function useLanguage() {
  const value = use(LanguageContext);
  if (value === null) throw new Error("useT stands outside of LanguageProvider");
  return value;
}

export function translatorFor({ language, messages, words }: Loaded): Translator {
  const t = (key: Key, values?: Values) => translate(messages, language, key, values);
  return Object.assign(t, {
    language,
    server: serverWords(words),
    inARow: (...sentences: (string | false | null)[]) => inARow(language, sentences),
    number: (value: number, options?: Intl.NumberFormatOptions) =>
      formatNumber(language, value, options),
    percent: (share: number, digits?: number) => formatPercent(language, share, digits),
    ago: (iso: string) => formatAgo(language, Date.parse(iso), Date.now()),
    date: (iso: string) => formatDate(language, iso),
  });
}

function preferredLanguage(): Language {
  const chosen = readSetting("language");
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
