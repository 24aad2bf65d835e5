// The page "Review".

import { useT } from "../../i18n";
import { Page } from "../../parts/Page";

export default function ReviewPage() {
  const t = useT();
  return <Page title={t("app.review")}>{null}</Page>;
}
