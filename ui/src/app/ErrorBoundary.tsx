// Catches what a page throws while it is drawn, so that the rest stays usable.

import { Component, type ReactNode } from "react";

import { useT } from "../i18n";
import { Button } from "../parts/Button";
import { EmptyState } from "../parts/EmptyState";

export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    return this.state.error === null ? this.props.children : <Crash error={this.state.error} />;
  }
}

function Crash({ error }: { error: unknown }) {
  const t = useT();
  return (
    <EmptyState
      icon="warning"
      title={t("app.crashTitle")}
      actions={
        <Button look="main" onClick={() => location.reload()}>
          {t("app.reload")}
        </Button>
      }
    >
      <p>{t("app.crashText")}</p>
      <p>
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </p>
    </EmptyState>
  );
}
