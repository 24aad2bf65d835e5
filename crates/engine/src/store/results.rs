//! Results in the store: model versions, audits, certificates, auto labels.
//! All of them can be recomputed from facts, model and seed, but a certificate
//! vouches only for the labels it was stored with.

use annota_core::{item::ItemId, label::Label};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use super::{
    AnnotationId, Store,
    entity::{audit, audit_draw, auto_label, certificate, event, model_version},
    wire::{self, damaged},
};
use crate::Error;

/// Identity of a model version in its project; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelVersionId(pub i64);

/// Identity of an audit in its project; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(pub i64);

/// Identity of a certificate in its project; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId(pub i64);

/// A trained model to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewModelVersion {
    /// The id of its embedder.
    pub backbone: String,
    /// How it was trained, as JSON.
    pub parameters: String,
    /// How good it looked, as JSON.
    pub metrics: String,
    /// Hash of what it predicts or of its weights: equal facts and seed, equal hash.
    pub hash: String,
    /// Seed of its training.
    pub rng_seed: u64,
    /// The last fact it could know.
    pub trained_through: AnnotationId,
}

/// A recorded model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelVersion {
    /// Its identity.
    pub id: ModelVersionId,
    /// What was recorded.
    pub version: NewModelVersion,
    /// When.
    pub created_at: Timestamp,
}

/// Where an audit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditState {
    /// The score is fixed; nothing is drawn yet.
    Frozen,
    /// Items are drawn, and being answered.
    Open,
    /// It ended with a certificate.
    Certified,
    /// It ended without.
    Closed,
}

const STATES: [(AuditState, &str); 4] = [
    (AuditState::Frozen, "frozen"),
    (AuditState::Open, "open"),
    (AuditState::Certified, "certified"),
    (AuditState::Closed, "closed"),
];

/// The score an audit is about, before anything is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    /// The frozen model.
    pub model_version: ModelVersionId,
    /// Hash of the frozen scores.
    pub score_hash: String,
    /// Number of items that may be drawn.
    pub population: u64,
    /// Seed of the draw.
    pub rng_seed: u64,
    /// Maximal error, confidence and what else was asked for, as JSON.
    pub parameters: String,
}

/// An audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Its identity.
    pub id: AuditId,
    /// What was frozen.
    pub audit: NewAudit,
    /// Where it stands.
    pub state: AuditState,
    /// The items drawn, in order; empty while frozen.
    pub drawn: Vec<ItemId>,
    /// When the score was frozen.
    pub created_at: Timestamp,
}

/// A certificate to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCertificate {
    /// The audit it rests on.
    pub audit: AuditId,
    /// For machines: JSON.
    pub document: String,
    /// For people.
    pub text: String,
}

/// A stored certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its identity.
    pub id: CertificateId,
    /// What it says.
    pub certificate: NewCertificate,
    /// When it was issued.
    pub created_at: Timestamp,
}

/// A label accepted without a look; never trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoLabel {
    /// What is labelled.
    pub item: ItemId,
    /// As what.
    pub label: Label,
    /// Its probability, in `[0, 1]`.
    pub confidence: f32,
    /// The model that gave it.
    pub model_version: ModelVersionId,
    /// What vouches for it.
    pub certificate: CertificateId,
}

/// Something that happened, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What: `import`.
    pub kind: String,
    /// The details, as JSON.
    pub document: String,
}

impl Store {
    /// Records a trained model.
    pub fn save_model_version(
        &self,
        version: &NewModelVersion,
        at: Timestamp,
    ) -> Result<ModelVersionId, Error> {
        self.write("model version", async |transaction| {
            let id = transaction.next_id(model_version::Column::Id).await?;
            let row = model_version::Model {
                id,
                backbone: version.backbone.clone(),
                parameters: version.parameters.clone(),
                metrics: version.metrics.clone(),
                hash: version.hash.clone(),
                rng_seed: version.rng_seed.cast_signed(),
                trained_through: version.trained_through.0,
                created_at: wire::write_time(at),
            };
            transaction.insert_many::<model_version::ActiveModel>(vec![row]).await?;
            Ok(ModelVersionId(id))
        })
    }

    /// All recorded models, oldest first.
    pub fn model_versions(&self) -> Result<Vec<ModelVersion>, Error> {
        let rows = self.run("read model versions", async |database| {
            model_version::Entity::find()
                .order_by_asc(model_version::Column::Id)
                .all(database)
                .await
        })?;
        rows.into_iter().map(read_model_version).collect()
    }

    /// Stores what an audit is about. The hash of the scores is durable when
    /// this returns, and only then may the items be drawn.
    pub fn freeze_audit(&self, frozen: &NewAudit, at: Timestamp) -> Result<AuditId, Error> {
        self.write("audit", async |transaction| {
            let id = transaction.next_id(audit::Column::Id).await?;
            let row = audit::Model {
                id,
                model_version: frozen.model_version.0,
                score_hash: frozen.score_hash.clone(),
                population: i64::try_from(frozen.population).unwrap_or(i64::MAX),
                rng_seed: frozen.rng_seed.cast_signed(),
                parameters: frozen.parameters.clone(),
                state: word(AuditState::Frozen),
                created_at: wire::write_time(at),
            };
            transaction.insert_many::<audit::ActiveModel>(vec![row]).await?;
            Ok(AuditId(id))
        })
    }

    /// Stores the items drawn for a frozen audit, in order, and opens it.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if the audit is not frozen: what is drawn stays drawn.
    pub fn draw_audit(&self, id: AuditId, drawn: &[ItemId]) -> Result<(), Error> {
        let rows = (0..).zip(drawn);
        let rows: Vec<audit_draw::Model> = rows
            .map(|(position, item)| audit_draw::Model { audit: id.0, position, item: item.0 })
            .collect();
        self.write("audit draw", async |transaction| {
            set_state(transaction, id, &[AuditState::Frozen], AuditState::Open).await?;
            transaction.insert_many::<audit_draw::ActiveModel>(rows).await
        })
    }

    /// Ends an audit without a certificate.
    pub fn close_audit(&self, id: AuditId) -> Result<(), Error> {
        let unfinished = [AuditState::Frozen, AuditState::Open];
        self.write("audit state", async |transaction| {
            set_state(transaction, id, &unfinished, AuditState::Closed).await
        })
    }

    /// The audit that is frozen or open, if there is one; the latest of them.
    pub fn open_audit(&self) -> Result<Option<Audit>, Error> {
        let mut audits = self.audits()?;
        audits.retain(|it| matches!(it.state, AuditState::Frozen | AuditState::Open));
        Ok(audits.pop())
    }

    /// All audits, oldest first.
    pub fn audits(&self) -> Result<Vec<Audit>, Error> {
        let (rows, draws) = self.run("read audits", async |database| {
            let rows = audit::Entity::find().order_by_asc(audit::Column::Id).all(database).await?;
            let draws = audit_draw::Entity::find()
                .order_by_asc(audit_draw::Column::Audit)
                .order_by_asc(audit_draw::Column::Position)
                .all(database)
                .await?;
            Ok((rows, draws))
        })?;
        let audits = rows.into_iter().map(|row| {
            let first = draws.partition_point(|it| it.audit < row.id);
            let drawn = draws[first..].iter().take_while(|it| it.audit == row.id);
            let drawn = drawn.map(|it| ItemId(it.item)).collect();
            read_audit(row, drawn)
        });
        audits.collect()
    }

    /// Ends an open audit with a certificate and, in the same transaction,
    /// replaces all auto labels by the ones it vouches for (label, confidence
    /// and model are taken from `auto_labels`, the certificate is this one).
    pub fn certify(
        &self,
        new: &NewCertificate,
        auto_labels: &[(ItemId, Label, f32)],
        model_version: ModelVersionId,
        at: Timestamp,
    ) -> Result<CertificateId, Error> {
        let classes = self.known_classes();
        self.write("certificate", async |transaction| {
            set_state(transaction, new.audit, &[AuditState::Open], AuditState::Certified).await?;
            let id = transaction.next_id(certificate::Column::Id).await?;
            let row = certificate::Model {
                id,
                audit: new.audit.0,
                document: new.document.clone(),
                text: new.text.clone(),
                created_at: wire::write_time(at),
            };
            transaction.insert_many::<certificate::ActiveModel>(vec![row]).await?;
            transaction.before_write.call("auto labels");
            let old = auto_label::Entity::delete_many().exec(&transaction.inner).await;
            old.map_err(Error::database("write"))?;
            let rows = auto_labels.iter().map(|(item, label, confidence)| auto_label::Model {
                item: item.0,
                label: classes.write(label),
                confidence: f64::from(*confidence),
                model_version: model_version.0,
                certificate: id,
            });
            transaction.insert_many::<auto_label::ActiveModel>(rows.collect()).await?;
            Ok(CertificateId(id))
        })
    }

    /// The labels the latest certificate vouches for, ascending by item.
    pub fn auto_labels(&self) -> Result<Vec<AutoLabel>, Error> {
        let classes = self.known_classes();
        let query = auto_label::Entity::find();
        let rows: Vec<auto_label::Model> =
            self.all_pages(&query, auto_label::Column::Item, |it: &auto_label::Model| it.item)?;
        let labels = rows.into_iter().map(|it| {
            Ok(AutoLabel {
                item: ItemId(it.item),
                label: classes.read(&it.label)?,
                confidence: it.confidence as f32,
                model_version: ModelVersionId(it.model_version),
                certificate: CertificateId(it.certificate),
            })
        });
        labels.collect()
    }

    /// All certificates, oldest first.
    pub fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        let rows = self.run("read certificates", async |database| {
            certificate::Entity::find().order_by_asc(certificate::Column::Id).all(database).await
        })?;
        let certificates = rows.into_iter().map(|it| {
            Ok(Certificate {
                id: CertificateId(it.id),
                certificate: NewCertificate {
                    audit: AuditId(it.audit),
                    document: it.document,
                    text: it.text,
                },
                created_at: wire::read_time(it.created_at)?,
            })
        });
        certificates.collect()
    }

    /// Keeps what happened.
    pub fn record_event(&self, event: &Event) -> Result<(), Error> {
        self.write("event", async |transaction| {
            let row = event::Model {
                id: transaction.next_id(event::Column::Id).await?,
                at: wire::write_time(event.at),
                kind: event.kind.clone(),
                document: event.document.clone(),
            };
            transaction.insert_many::<event::ActiveModel>(vec![row]).await
        })
    }

    /// Everything that happened, oldest first.
    pub fn events(&self) -> Result<Vec<Event>, Error> {
        let rows = self.run("read events", async |database| {
            event::Entity::find().order_by_asc(event::Column::Id).all(database).await
        })?;
        let events = rows.into_iter().map(|it| {
            Ok(Event { at: wire::read_time(it.at)?, kind: it.kind, document: it.document })
        });
        events.collect()
    }
}

/// Moves an audit on, if it stands at one of `from`.
async fn set_state(
    transaction: &super::Transaction<'_>,
    id: AuditId,
    from: &[AuditState],
    to: AuditState,
) -> Result<(), Error> {
    transaction.before_write.call("audit state");
    let changed = audit::Entity::update_many()
        .col_expr(audit::Column::State, Expr::value(word(to)))
        .filter(audit::Column::Id.eq(id.0))
        .filter(audit::Column::State.is_in(from.iter().map(|it| word(*it))))
        .exec(&transaction.inner)
        .await
        .map_err(Error::database("write"))?;
    if changed.rows_affected == 1 {
        return Ok(());
    }
    let from: Vec<String> = from.iter().map(|it| word(*it)).collect();
    Err(Error::input(format!("audit {} is not {}", id.0, from.join(" or ")), "begin a new audit"))
}

fn word(state: AuditState) -> String {
    let entry = STATES.iter().find(|it| it.0 == state).expect("every state has its word");
    entry.1.to_owned()
}

fn read_model_version(row: model_version::Model) -> Result<ModelVersion, Error> {
    Ok(ModelVersion {
        id: ModelVersionId(row.id),
        version: NewModelVersion {
            backbone: row.backbone,
            parameters: row.parameters,
            metrics: row.metrics,
            hash: row.hash,
            rng_seed: row.rng_seed.cast_unsigned(),
            trained_through: AnnotationId(row.trained_through),
        },
        created_at: wire::read_time(row.created_at)?,
    })
}

fn read_audit(row: audit::Model, drawn: Vec<ItemId>) -> Result<Audit, Error> {
    let state = STATES.iter().find(|it| it.1 == row.state);
    let state = state.ok_or_else(|| damaged("state", &row.state, "not a state of an audit"))?.0;
    Ok(Audit {
        id: AuditId(row.id),
        audit: NewAudit {
            model_version: ModelVersionId(row.model_version),
            score_hash: row.score_hash,
            population: row.population.unsigned_abs(),
            rng_seed: row.rng_seed.cast_unsigned(),
            parameters: row.parameters,
        },
        state,
        drawn,
        created_at: wire::read_time(row.created_at)?,
    })
}
