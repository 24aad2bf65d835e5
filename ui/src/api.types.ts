// What travels between the page and `annota serve`, as types. Holds no code.

export type Role = "annotator" | "reviewer" | "owner";
export type Session = {
  user: { name: string; role: Role } | null;
  is_login_required: boolean;
  version: string;
};
export type User = { name: string; role: Role; created_at: string };
export type Media = "image" | "text";
export type Phase =
  | "empty"
  | "importing"
  | "embedding"
  | "needs_classes"
  | "training"
  | "audit"
  | "rest"
  | "certified"
  | "all_answered"
  | "budget_spent"
  | "failed";
export type Class = { name: string; key: string; colour: string };
export type Goal = { max_error: number; confidence: number };
/** A figure with its interval over `n` trials; `null` when there is not enough data. */
export type Measured = { value: number; low: number; high: number; n: number } | null;

export type ProjectSummary = {
  id: string;
  name: string;
  media: Media | null;
  phase: Phase;
  n_items: number;
  n_answered: number;
  n_auto: number;
  n_classes: number;
  people: string[];
  accuracy: Measured;
  goal: Goal;
  last_answer_at: string | null;
};
export type Settings = {
  name: string;
  classes: Class[];
  goal: Goal;
  strategy: string | null;
  batch_len: number | null;
  overlap: number;
  budget: number | null;
  model: string | null;
  lease_s: number;
  highlights: string[];
};
export type Queue = { n_ready: number; n_leased: number; n_pending: number };
export type Project = ProjectSummary & {
  settings: Settings;
  strategies: { name: string; summary: string }[];
  problem: string | null;
  queue: Queue;
  model: Model | null;
  backbone: string | null;
};
export type ModelChoice = {
  name: string;
  media: Media;
  dim: number;
  licence: string;
  is_bundled: boolean;
  is_available: boolean;
  summary: string;
};

export type ImportRequest = {
  upload?: string;
  path?: string;
  text_field?: string;
  label_field?: string;
  id_field?: string;
  labels_as?: string | null;
};
export type ImportProblem = { item: string; message: string; help: string | null };
export type ImportState = {
  is_running: boolean;
  stage: "import" | "embed" | null;
  done: number;
  total: number | null;
  rate: number | null;
  eta_s: number | null;
  n_added: number;
  n_duplicates: number;
  n_near_duplicates: number;
  n_labels: number;
  problems: ImportProblem[];
  n_problems: number;
  error: string | null;
};

export type Content =
  { kind: "text"; text: string } | { kind: "image"; width: number | null; height: number | null };
export type Purpose = "training" | "random" | "audit" | "remainder" | "review" | "imported";
export type Ranked = { class: number; confidence: number };
export type Suggestion = {
  class: number;
  confidence: number;
  model_version: number | null;
  ranked: Ranked[];
};
export type Origin = "none" | "person" | "auto" | "imported" | "predicted";
export type Neighbour = {
  item: number;
  name: string;
  content: Content;
  similarity: number;
  class: number | null;
  origin: Origin;
};
export type Reason =
  | "uncertain"
  | "typical"
  | "coverage"
  | "random"
  | "audit"
  | "doubtful"
  | "asked"
  | "review"
  | "diverse";
export type Question = {
  item: number;
  name: string;
  content: Content;
  purpose: Purpose;
  suggestion: Suggestion | null;
  reason: Reason;
  neighbours: Neighbour[];
  lease: string;
  expires_at: string;
  remarks: Remark[];
  previous?: number | null;
};
export type Batch = {
  questions: Question[];
  phase: Phase;
  n_left: number | null;
  n_audit: number | null;
};
export type NewAnnotation = {
  key: string;
  item: number;
  class: number | null;
  lease: string | null;
  purpose: "training" | "review";
  asked_at: string | null;
  took_ms: number | null;
  suggestion: { class: number; confidence: number; model_version: number | null } | null;
};
export type Acknowledged = {
  accepted: { key: string; annotation: number }[];
  refused: { key: string; code: string; message: string }[];
};
export type Annotation = {
  id: number;
  item: number;
  name: string;
  content: Content;
  class: number | null;
  annotator: string;
  purpose: Purpose;
  answered_at: string;
  took_ms: number | null;
};
export type Undone = { undone: Annotation; question: Question };
export type Redone = { redone: Annotation };
export type NewRemark = { key: string; text: string; is_flag: boolean };
export type Remark = {
  id: number;
  item: number;
  annotator: string;
  text: string;
  is_flag: boolean;
  at: string;
  is_resolved: boolean;
};

export type ItemQuery = {
  ids?: number[];
  text?: string;
  class?: number | null;
  origin?: Origin[];
  annotator?: string;
  is_flagged?: boolean;
  min_confidence?: number;
  max_confidence?: number;
  sort?: "id" | "name" | "confidence" | "uncertainty" | "answered_at";
  is_descending?: boolean;
  limit?: number;
  cursor?: string | null;
};
export type Page<T> = { items: T[]; next_cursor: string | null; total: number | null };
export type ItemRow = {
  item: number;
  name: string;
  content: Content;
  class: number | null;
  origin: Origin;
  confidence: number | null;
  annotators: string[];
  is_flagged: boolean;
  answered_at: string | null;
};
export type ItemDetail = ItemRow & {
  full: Content;
  prediction: Suggestion | null;
  annotations: Annotation[];
  remarks: Remark[];
  duplicates: number[];
  certificate: number | null;
};

export type Model = {
  n_labelled: number;
  trained_at: string;
  fit_ms: number;
  out_of_fold_accuracy: Measured;
  expected_errors: number;
  allowed_errors: number;
  n_sure: number;
};
export type Plan = {
  curve: { n_answers: number; accuracy: number; low: number | null; high: number | null }[];
  forecast: { answers: number; low: number; high: number; minutes: number | null } | null;
  n_answered: number;
  n_items: number;
  expected_errors: number | null;
  allowed_errors: number;
  pace: { seconds_per_answer: number | null; answers_per_minute: number | null; n_today: number };
  balance: { class: number; n_person: number; n_auto: number; n_predicted: number }[];
  agreement: { first: string; second: string; n: number; kappa: Measured }[];
  entropy_bits: number | null;
  mutual_information_bits: number | null;
};
export type Certificate = {
  id: number;
  text: string;
  document: {
    statement: string;
    max_error: number;
    confidence: number;
    n_items: number;
    [field: string]: unknown;
  };
};
export type AutoLabelState = {
  phase: Phase;
  goal: Goal;
  audit: { n_drawn: number; n_answered: number; frozen_at: string } | null;
  n_left: number | null;
  certificate: Certificate | null;
  nothing_shown: {
    smallest_audit: number;
    expected_errors: number;
    allowed_errors: number;
  } | null;
  is_auditable: boolean;
};
export type Verified = {
  basis: "audit" | "random_answers" | null;
  accuracy: Measured;
  macro_f1: Measured;
  micro_f1: Measured;
  per_class: {
    class: number;
    precision: Measured;
    recall: Measured;
    f1: Measured;
    support: number;
  }[];
  confusion: number[][];
  ece: number | null;
  reliability: { confidence: number; accuracy: number; n: number }[];
  n_suspects: number;
};
export type ReviewKind = "suspect" | "disagreement" | "flagged" | "low_confidence";
export type ReviewItem = {
  item: number;
  name: string;
  content: Content;
  kind: ReviewKind;
  said: Annotation[];
  prediction: Suggestion | null;
  self_confidence: number | null;
  remarks: Remark[];
};
export type ReviewPage = Page<ReviewItem> & { counts: Record<ReviewKind, number> };
export type ExportFormat = { format: string; name: string; summary: string; media_type: string };

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
