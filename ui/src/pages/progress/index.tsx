// The page "Progress".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function ProgressPage() {
  const t = useT();
  return <Page title={t("app.progress")}>{null}</Page>;
}
