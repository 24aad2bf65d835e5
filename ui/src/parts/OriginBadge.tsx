// Where a label comes from, in a word.

import type { Origin } from "../api.types";
import { useT } from "../i18n";
import { Badge, type Tone } from "./Badge";

const TONES: Record<Origin, Tone> = {
  none: "plain",
  person: "accent",
  auto: "good",
  imported: "warn",
  predicted: "plain",
};

export function OriginBadge({ origin }: { origin: Origin }) {
  const t = useT();
  return <Badge tone={TONES[origin]}>{t(`common.origin_${origin}`)}</Badge>;
}
