// Colour tokens as a canvas needs them: resolved for the theme that is on, and
// again when the theme changes.

import { useEffect, useState } from "react";

/** The tokens `names` (without `--`) as `rgb(…)`, by their names. `names` must not change. */
export function useColours<N extends string>(names: readonly N[]): Record<N, string> {
  const [colours, setColours] = useState(() => resolve(names));
  useEffect(() => {
    const update = () => setColours(resolve(names));
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    theme.addEventListener("change", update);
    return () => {
      observer.disconnect();
      theme.removeEventListener("change", update);
    };
  }, [names]);
  return colours;
}

/** A property that is a colour is computed to `rgb(…)`; a custom property is not. */
function resolve<N extends string>(names: readonly N[]): Record<N, string> {
  const probe = document.createElement("span");
  document.body.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(found) as Record<N, string>;
}
