// The page "Export".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function ExportPage() {
  const t = useT();
  return <Page title={t("app.export")}>{null}</Page>;
}
