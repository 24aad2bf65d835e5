// The page "Home".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function HomePage() {
  const t = useT();
  return <Page title={t("app.home")}>{null}</Page>;
}
