// The page "Label".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function LabelPage() {
  const t = useT();
  return <Page title={t("app.label")}>{null}</Page>;
}
