// What a certificate says, in the language of the reader. The words that count
// are those of the certificate itself, which stand on its sheet.

import type { Certificate } from "../../api.types";
import type { Key, Translator } from "../../i18n";

type Document = Certificate["document"];

const STATEMENTS: Readonly<Record<Document["claim"], Key>> = {
  "all-labels": "audit.statement",
  "auto-labels": "audit.statementAuto",
  "each-class": "audit.statementClasses",
};

export function statementOf(document: Document, t: Translator): string {
  const { claim, max_error, confidence, n_items, n_auto_labelled } = document;
  return t(STATEMENTS[claim], {
    error: t.percent(max_error, 1),
    n: claim === "all-labels" ? n_items : n_auto_labelled,
    confidence: t.percent(confidence, 1),
  });
}
