// What travels between the page and `annota serve`, under the names the page
// uses. The types are made from the description of the API by `npm run types`;
// only what is not described there, the map and the events, is written here.

import type { components } from "./api.gen";

type Told = components["schemas"];

export type Role = Told["Role"];
export type Session = Told["Session"];
export type User = Told["User"];
export type Media = Told["Media"];
export type Phase = Told["Phase"];
export type Class = Told["Class"];
export type Goal = Told["Goal"];
export type ProjectSummary = Told["ProjectSummary"];
export type Settings = Told["Settings"];
export type Queue = Told["Queue"];
export type Project = Told["Project"];
export type ImportRequest = Told["ImportRequest"];
export type ImportProblem = Told["ImportProblem"];
export type ImportState = Told["ImportState"];
export type Content = Told["Content"];
export type Purpose = Told["Purpose"];
export type Suggestion = Told["Suggestion"];
export type Origin = Told["Origin"];
export type Neighbour = Told["Neighbour"];
export type Reason = Told["Reason"];
export type Question = Told["Question"];
export type Batch = Told["Batch"];
export type NewAnnotation = Told["NewAnnotation"];
export type Acknowledged = Told["Acknowledged"];
export type Annotation = Told["Annotation"];
export type Undone = Told["Undone"];
export type Redone = Told["Redone"];
export type NewRemark = Told["NewRemark"];
export type Remark = Told["Remark"];
export type ItemQuery = Told["ItemQuery"];
export type ItemRow = Told["ItemRow"];
export type ItemDetail = Told["ItemDetail"];
export type Model = Told["Model"];
export type Plan = Told["Plan"];
export type Certificate = Told["Certificate"];
export type AutoLabelState = Told["AutoLabelState"];
export type Verified = Told["Verified"];
export type ReviewKind = Told["ReviewKind"];
export type ReviewItem = Told["ReviewItem"];
export type ReviewPage = Told["ReviewPage"];
export type ModelChoice = Told["ListedModel"];
export type ExportFormat = Told["ListedFormat"];
export type Ranked = Told["RankedClass"];
export type SettingsPatch = Told["SettingsPatch"];
export type CertificateDocument = Told["CertificateDocument"];
export type PictureContent = Extract<Content, { kind: "image" }>;
/** A figure with its interval over `n` trials; `null` when there is not enough data. */
export type Measured = Told["Measured"] | null;
/** A part of a list, and where the next part begins. */
export type Page<T> = Omit<Told["Page_ItemRow"], "items"> & { items: T[] };

/** The pool as a map; `null` fields of an item are encoded as in the contract. */
export type MapPoints = {
  item: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  class: Uint16Array;
  origin: Uint8Array;
  confidence: Uint8Array;
};

export type LiveEvents = {
  import: ImportState;
  model: Model;
  phase: { phase: Phase };
  queue: Queue;
  annotation: { item: number; annotator: string; class: number | null; n_answered: number };
  remark: { item: number };
  settings: Record<string, never>;
  certificate: { id: number };
  map: Record<string, never>;
  problem: { message: string };
};
/** One event as it arrives: its name decides what its data is. */
export type LiveEvent = {
  [N in keyof LiveEvents]: { name: N; data: LiveEvents[N] };
}[keyof LiveEvents];
