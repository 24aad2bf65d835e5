// Keys for a component: it names its scopes and what each action does there.
// Fields and open dialogs keep their keys to themselves.

import { useEffect, useRef } from "react";

import type { Class } from "../api.types";
import { actionOf, chordOf, classOf, type Action, type Scope } from "../keys";

export type KeyHandlers = Partial<Record<Action, (event: KeyboardEvent) => void>>;

export type KeyOptions = Readonly<{
  scopes: readonly Scope[];
  handlers: KeyHandlers;
  classes?: readonly Class[];
  onClass?: (position: number) => void;
  isOff?: boolean;
}>;

export function useKeys(options: KeyOptions): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { scopes, handlers, classes = [], onClass, isOff = false } = latest.current;
      if (isOff || event.defaultPrevented || event.isComposing || isTyping(event)) return;
      const chord = chordOf(event);
      if (isPressingControl(event, chord)) return;
      const position = onClass ? classOf(chord, classes) : undefined;
      const action = actionOf(chord, scopes);
      const handler = action && handlers[action];
      if (handler) {
        event.preventDefault();
        handler(event);
      } else if (onClass && position !== undefined && !event.repeat) {
        event.preventDefault();
        onClass(position);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

const NOT_TYPED_INTO = ["checkbox", "radio", "range", "button", "submit"];

function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (document.querySelector("dialog[open]")) return true;
  if (!(target instanceof HTMLElement)) return false;
  // An empty search field has nothing to undo: Ctrl+Z there means the answer.
  const isChord = event.ctrlKey || event.metaKey;
  if (target instanceof HTMLInputElement && isChord && target.value === "") return false;
  if (target instanceof HTMLInputElement) return !NOT_TYPED_INTO.includes(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Enter and Space on a focused button or link press it, and arrows move a slider. */
function isPressingControl({ target }: KeyboardEvent, chord: string): boolean {
  if (!(target instanceof HTMLElement) || target.dataset["keys"] === "through") return false;
  if (target instanceof HTMLInputElement && chord.includes("Arrow")) return true;
  return ["Enter", "Space"].includes(chord) && target.closest("button, a, input, summary") !== null;
}
