// Fetches and decodes the pictures that come next, so that the next item is
// there when the answer is given.

import { useEffect, useRef } from "react";

import { href } from "../api";
import type { Question } from "../api.types";
import { useReachable } from "../app/Offline";

const AHEAD = 8;

export function usePreloaded(project: string, questions: readonly Question[]): void {
  const kept = useRef(new Map<string, HTMLImageElement>());
  const addresses = questions
    .flatMap(({ item, content }) =>
      content.kind === "image" ? [href.image(project, item, content, 1280)] : [],
    )
    .slice(0, AHEAD);
  const list = addresses.join("\n");
  const isReachable = useReachable();
  useEffect(() => {
    const wanted = new Set(list === "" ? [] : list.split("\n"));
    for (const address of kept.current.keys()) {
      if (!wanted.has(address)) kept.current.delete(address);
    }
    for (const address of wanted) {
      const known = kept.current.get(address);
      if (known !== undefined && !hasFailed(known)) continue;
      const picture = new Image();
      picture.src = address;
      // A picture that fails here fails on screen too, where it is told.
      picture.decode().catch(() => undefined);
      kept.current.set(address, picture);
    }
  }, [list, isReachable]);
}

const hasFailed = (picture: HTMLImageElement): boolean =>
  picture.complete && picture.naturalWidth === 0;
