// The page "Explore".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function ExplorePage() {
  const t = useT();
  return <Page title={t("app.explore")}>{null}</Page>;
}
