// The page "Audit".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function AuditPage() {
  const t = useT();
  return <Page title={t("app.audit")}>{null}</Page>;
}
