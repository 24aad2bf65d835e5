// Light, dark or as the system has it; `public/theme.js` applies it before the first paint.

import { useEffect, useState } from "react";

import { readSetting, writeSetting } from "./storage";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const chosen = readSetting("theme");
    return chosen === "light" || chosen === "dark" ? chosen : "system";
  });
  useEffect(() => {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    writeSetting("theme", theme === "system" ? null : theme);
  }, [theme]);
  return [theme, setTheme];
}
