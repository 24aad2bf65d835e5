// Small settings of this browser (theme, language, …). Answers are not kept
// here but in the journal. A browser that refuses storage forgets, and works.

export function readSetting(name: string): string | null {
  try {
    return localStorage.getItem(`annota.${name}`);
  } catch {
    return null;
  }
}

export function writeSetting(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`annota.${name}`);
    else localStorage.setItem(`annota.${name}`, value);
  } catch {
    // Private windows may refuse; the setting then lasts as long as the page.
  }
}
