// The page "Settings".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function SettingsPage() {
  const t = useT();
  return <Page title={t("app.settings")}>{null}</Page>;
}
