//! The certificate as a document: what was shown, and all that is needed to
//! check it. `core` does the arithmetic; here it gets names, hashes and words.

use std::collections::{BTreeMap, HashMap};

use annota_core::{
    certify::{Certificate, Goal},
    label::Label,
    pool::Row,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    precision::{Claim, Precision, ShownPrecision},
    project::Project,
    store::{AnnotatorId, Audit, CertificateId, ModelVersion},
    train::to_json,
    working_set::WorkingSet,
};

/// What an audit was drawn to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) goal: Goal,
    pub(crate) claim: Claim,
}

/// The same, on disk.
#[derive(Serialize, Deserialize)]
struct AskedDocument {
    max_error: f64,
    confidence: f64,
    #[serde(default)]
    claim: Claim,
}

impl Asked {
    /// What `audit` was drawn to show.
    pub(crate) fn read(audit: &Audit) -> Result<Asked, Error> {
        let damaged = |reason: String| Error::Damaged {
            what: format!("audit {}", audit.id.0),
            reason,
            help: "restore the database from a backup".to_owned(),
        };
        let document: AskedDocument =
            serde_json::from_str(&audit.audit.parameters).map_err(|it| damaged(it.to_string()))?;
        let goal = Goal::new(document.max_error, document.confidence);
        let goal = goal.ok_or_else(|| damaged("its goal is no goal".to_owned()))?;
        Ok(Asked { goal, claim: document.claim })
    }

    pub(crate) fn to_json(self) -> String {
        let Asked { goal, claim } = self;
        let (max_error, confidence) = (goal.max_error(), goal.confidence());
        to_json(&AskedDocument { max_error, confidence, claim })
    }
}

/// A certificate for machines: the JSON that is stored and exported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The statement, in one sentence.
    pub statement: String,
    /// What it is about.
    #[serde(default)]
    pub claim: Claim,
    /// What was shown about the auto labels, if that is the claim: of each class or of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precision: Vec<ShownPrecision>,
    /// Largest share of wrong labels.
    pub max_error: f64,
    /// Probability with which the statement holds, over the draw of the audit.
    pub confidence: f64,
    /// All items whose final label counts.
    pub n_items: u32,
    /// Items answered by people before the audit was drawn.
    pub n_answered_before: u32,
    /// Items the audit was drawn from.
    pub population: u32,
    /// Audited items.
    pub n_audited: u32,
    /// Audited items on which people contradicted the frozen labels.
    pub audit_errors: u32,
    /// The same, among the items that keep the frozen label.
    pub region_errors: u32,
    /// The most that this may be (`c*` of the exact test).
    pub allowed_errors: Option<u32>,
    /// First number of wrong labels that is excluded (`m`).
    pub first_forbidden: u32,
    /// Items that keep the model's label without a look.
    pub n_auto_labelled: u32,
    /// Share of all items that is.
    pub coverage: f64,
    /// Items that people answered, or have to, because nothing vouches for them.
    pub n_left_to_people: u32,
    /// Items on which an annotator abstained; audited ones count as errors.
    pub n_abstained: u32,
    /// Audited items that more than one person answered.
    #[serde(default)]
    pub n_answered_twice: u32,
    /// Those of them that they answered differently: the certificate is relative
    /// to the annotator.
    #[serde(default)]
    pub n_disagreed: u32,
    /// Id of the embedder.
    pub backbone: String,
    /// The frozen model version.
    pub model_version: i64,
    /// Hash of its predictions: equal facts and seed give it again.
    pub model_hash: String,
    /// The last annotation it could know.
    pub trained_through: i64,
    /// Hash of the frozen scores, stored before the audit was drawn.
    pub score_hash: String,
    /// Seed of training and draws.
    pub rng_seed: u64,
    /// When the score was frozen, ISO 8601.
    pub frozen_at: String,
}

/// The document of a certificate just won.
pub(crate) fn document(
    certificate: &Certificate,
    audit: &Audit,
    version: &ModelVersion,
    set: &WorkingSet,
) -> Document {
    let (goal, n_items) = (certificate.goal, certificate.n_items);
    let (n_answered_twice, n_disagreed) = answered_twice(audit, set);
    let n_abstained = set.last_answers().values().filter(|it| it.is_none()).count();
    Document {
        statement: format!(
            "At most {} % of the labels of these {n_items} items are wrong, with {} % confidence.",
            percent(goal.max_error()),
            percent(goal.confidence())
        ),
        claim: Claim::AllLabels,
        precision: Vec::new(),
        max_error: goal.max_error(),
        confidence: goal.confidence(),
        n_items,
        n_answered_before: n_items - certificate.population,
        population: certificate.population,
        n_audited: certificate.n_audited,
        audit_errors: certificate.audit_errors,
        region_errors: certificate.region_errors,
        allowed_errors: certificate.allowed_errors,
        first_forbidden: certificate.first_forbidden,
        n_auto_labelled: certificate.auto_labelled.len() as u32,
        coverage: certificate.coverage(),
        n_left_to_people: certificate.left_to_people.len() as u32,
        n_abstained: n_abstained as u32,
        n_answered_twice,
        n_disagreed,
        backbone: version.version.backbone.clone(),
        model_version: version.id.0,
        model_hash: version.version.hash.clone(),
        trained_through: version.version.trained_through.0,
        score_hash: audit.audit.score_hash.clone(),
        rng_seed: audit.audit.rng_seed,
        frozen_at: audit.created_at.to_string(),
    }
}

/// How many items of `audit` more than one person answered, and how many of
/// those differently.
fn answered_twice(audit: &Audit, set: &WorkingSet) -> (u32, u32) {
    let mut said: HashMap<Row, BTreeMap<AnnotatorId, &Option<Label>>> = HashMap::new();
    for fact in set.audit_answers(audit) {
        said.entry(fact.row).or_default().insert(fact.annotator, &fact.label);
    }
    let twice: Vec<Vec<&Option<Label>>> =
        said.into_values().filter(|it| 1 < it.len()).map(|it| it.into_values().collect()).collect();
    let differ = |it: &&Vec<&Option<Label>>| it.iter().any(|label| *label != it[0]);
    (twice.len() as u32, twice.iter().filter(differ).count() as u32)
}

/// The document about auto labels, from the one about all labels that the same
/// audit would give: what people answered or have to is no part of the claim.
pub(crate) fn precision_document(all: Document, claim: Claim, shown: &Precision) -> Document {
    let which = match claim {
        Claim::EachClass => "the auto labels of every class",
        Claim::AllLabels | Claim::AutoLabels => "the auto labels",
    };
    let n_auto_labelled = shown.auto_labelled.len() as u32;
    Document {
        statement: format!(
            "At most {} % of {which} are wrong, with {} % confidence.",
            percent(all.max_error),
            percent(all.confidence)
        ),
        claim,
        precision: shown.shown.clone(),
        region_errors: shown.shown.iter().map(|it| it.region_errors).sum(),
        n_auto_labelled,
        coverage: f64::from(n_auto_labelled) / f64::from(all.n_items.max(1)),
        n_left_to_people: all.population - all.n_audited - n_auto_labelled,
        ..all
    }
}

/// `5`, `2.5`, `0.1`: a share in percent without needless digits.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

impl Document {
    /// The certificate for people to read, print and file.
    pub fn text(&self) -> String {
        let abstained = self.n_abstained;
        format!(
            "CERTIFICATE\n\n{statement}\n\n\
             Wrong means: other than what the annotator would have answered.\n\n\
             How it was shown\n\
             \x20 {before} items were answered by people before the audit.\n\
             \x20 The labels of the other {population} were frozen on {frozen_at},\n\
             \x20 and {audited} of them were drawn uniformly at random and answered blind.\n\
             {shown}{twice}\
             \x20 {abstained} items were left without an answer by their annotator.\n\n\
             What became of the items\n\
             \x20 {auto} keep the model's label without a look ({coverage:.1} %)\n\
             \x20 {people} were answered by people, or are left to them\n\n\
             To check it\n\
             \x20 backbone         {backbone}\n\
             \x20 model            version {version}, predictions {model_hash}\n\
             \x20 trained through  annotation {through}\n\
             \x20 frozen scores    {score_hash}\n\
             \x20 seed             {seed}\n",
            statement = self.statement,
            before = self.n_answered_before,
            population = self.population,
            frozen_at = self.frozen_at,
            audited = self.n_audited,
            twice = self.answered_twice(),
            shown = if self.claim == Claim::AllLabels { self.walked() } else { self.by_region() },
            auto = self.n_auto_labelled,
            coverage = 100.0 * self.coverage,
            people = self.n_items - self.n_auto_labelled,
            backbone = self.backbone,
            version = self.model_version,
            model_hash = self.model_hash,
            through = self.trained_through,
            score_hash = self.score_hash,
            seed = self.rng_seed,
        )
    }

    /// How far people agree among themselves, where that is known.
    fn answered_twice(&self) -> String {
        match self.n_answered_twice {
            0 => String::new(),
            n => format!(
                "\x20 {n} of the audited items were answered by more than one person, {} of them\n\
                 \x20 differently; the first answer counts.\n",
                self.n_disagreed
            ),
        }
    }

    /// What the audit showed about all labels.
    fn walked(&self) -> String {
        let allowed = self.allowed_errors.map_or("none".to_owned(), |it| it.to_string());
        format!(
            "\x20 {errors} of the audited labels were wrong, {region} of them among the items that\n\
             \x20 keep their label; the exact test allows {allowed} there before {forbidden} wrong\n\
             \x20 labels become possible (negative hypergeometric test at level {alpha}).\n",
            errors = self.audit_errors,
            region = self.region_errors,
            forbidden = self.first_forbidden,
            alpha = percent(1.0 - self.confidence) / 100.0,
        )
    }

    /// What the audit showed about the auto labels.
    fn by_region(&self) -> String {
        let mut text = format!(
            "\x20 {} of the audited labels were wrong. Of the surest labels, exact tests vouch for\n",
            self.audit_errors
        );
        for it in &self.precision {
            let of = it.class.as_ref().map_or(String::new(), |it| format!(" of `{it}`"));
            text += &format!(
                "    {} of {}{of}, {} of them audited and {} of those wrong\n",
                it.region, it.population, it.region_audited, it.region_errors
            );
        }
        let level = percent(1.0 - self.confidence) / 100.0 / self.precision.len().max(1) as f64;
        text += &format!(
            "\x20 (hypergeometric tests of nested regions in a fixed order, each claim at level {level}).\n",
        );
        text
    }
}

/// A certificate that stands.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its identity.
    pub id: CertificateId,
    /// For machines.
    pub document: Document,
    /// For people.
    pub text: String,
    /// Items that neither people nor the certificate have labelled.
    pub left_to_people: Vec<Row>,
}

/// The latest certificate, if it is about all items there are and shows at
/// least `goal` of what is claimed.
pub fn standing(
    project: &Project,
    set: &WorkingSet,
    goal: Goal,
    claim: Claim,
) -> Result<Option<Issued>, Error> {
    let Some(latest) = latest(project)? else { return Ok(None) };
    let shows = latest.document.claim == claim
        && latest.document.max_error <= goal.max_error()
        && goal.confidence() <= latest.document.confidence;
    if !shows || latest.document.n_items != set.n_rows() {
        return Ok(None);
    }
    let mut is_open = vec![true; set.n_rows() as usize];
    set.answers().for_each(|it| is_open[it.row.index()] = false);
    for label in project.store().auto_labels()? {
        if let Some(row) = set.row(label.item) {
            is_open[row.index()] = false;
        }
    }
    let left_to_people = (0..set.n_rows()).map(Row).filter(|it| is_open[it.index()]).collect();
    Ok(Some(Issued { left_to_people, ..latest }))
}

/// The latest certificate of all, with nothing left to people filled in.
pub fn latest(project: &Project) -> Result<Option<Issued>, Error> {
    let Some(stored) = project.store().certificates()?.pop() else { return Ok(None) };
    let document =
        serde_json::from_str(&stored.certificate.document).map_err(|error| Error::Damaged {
            what: format!("certificate {}", stored.id.0),
            reason: error.to_string(),
            help: "restore the database from a backup, or audit again: `annota auto-label`"
                .to_owned(),
        })?;
    let text = stored.certificate.text;
    Ok(Some(Issued { id: stored.id, document, text, left_to_people: Vec::new() }))
}
