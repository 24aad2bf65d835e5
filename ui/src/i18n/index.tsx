// The language of the page for React: `useT()` gives the translator, with the
// formats for numbers and times. Messages are loaded for one language at a time.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

import { readSetting, writeSetting } from "../app/storage";
import {
  formatAgo,
  formatDate,
  formatNumber,
  formatPercent,
  translate,
  type Key,
  type Language,
  type Messages,
  type Values,
} from "./translate";

export type { Key, Language } from "./translate";

export type Translator = {
  (key: Key, values?: Values): string;
  language: Language;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  percent: (share: number, digits?: number) => string;
  ago: (iso: string) => string;
  date: (iso: string) => string;
};

const LanguageContext = createContext<{
  t: Translator;
  setLanguage: (language: Language) => void;
} | null>(null);

const load: Record<Language, () => Promise<Messages>> = {
  en: () => import("./en").then((it) => it.default),
  zh: () => import("./zh").then((it) => it.default),
};

type Loaded = { language: Language; messages: Messages };
let first: Loaded | null = null;

/** Loads the messages of the language that the page begins in, before it is drawn. */
export async function loadMessages(): Promise<void> {
  const language = preferredLanguage();
  first = { language, messages: await load[language]() };
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const [loaded, setLoaded] = useState(first);

  useEffect(() => {
    let isCurrent = true;
    void load[language]().then((messages) => {
      if (!isCurrent) return;
      // The same words are not drawn twice.
      setLoaded((old) => (old?.language === language ? old : { language, messages }));
    });
    writeSetting("language", language);
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    return () => {
      isCurrent = false;
    };
  }, [language]);

  const value = useMemo(
    () => loaded && { t: translatorFor(loaded.language, loaded.messages), setLanguage },
    [loaded],
  );
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

export function translatorFor(language: Language, messages: Messages): Translator {
  const t = (key: Key, values?: Values) => translate(messages, language, key, values);
  return Object.assign(t, {
    language,
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
