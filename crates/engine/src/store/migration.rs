//! How the tables come to be, on SQLite and PostgreSQL alike.
//!
//! A migration that has been released is never edited; a change is a new one.

use sea_orm::ExprTrait;
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, big_pk_auto, blob, boolean, double, double_null, integer,
        integer_null, string, string_len, text, text_null, text_uniq,
    },
};

/// All migrations, oldest first.
pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First), Box::new(People)]
    }
}

/// The tables of version 0.1.
struct First;

impl MigrationName for First {
    fn name(&self) -> &'static str {
        "m2026_01_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables_of_facts().into_iter().chain(tables_of_results()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// What several people on one page need: receipts, remarks.
struct People;

impl MigrationName for People {
    fn name(&self) -> &'static str {
        "m2026_02_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for People {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables_of_people() {
            manager.create_table(table).await?;
        }
        let by_item = Index::create().name("remark_item").table("remark").col("item").take();
        manager.create_index(by_item).await
    }
}

fn tables_of_people() -> Vec<TableCreateStatement> {
    let mut receipt = Table::create();
    receipt
        .table("receipt")
        .col(string_len("key", 64).primary_key())
        .col(big_integer("annotation"))
        .foreign_key(&mut refers("receipt", "annotation", "annotation"));
    let mut remark = Table::create();
    remark
        .table("remark")
        .col(big_pk_auto("id"))
        .col(string_len("key", 64).unique_key())
        .col(big_integer("item"))
        .col(big_integer("annotator"))
        .col(text("text"))
        .col(boolean("is_flag"))
        .col(big_integer("at"))
        .foreign_key(&mut refers("remark", "item", "item"))
        .foreign_key(&mut refers("remark", "annotator", "annotator"));
    let mut resolution = Table::create();
    resolution
        .table("resolution")
        .col(big_integer("remark").primary_key())
        .col(big_integer("annotator"))
        .col(big_integer("at"))
        .foreign_key(&mut refers("resolution", "remark", "remark"))
        .foreign_key(&mut refers("resolution", "annotator", "annotator"));
    vec![receipt, remark, resolution]
}

fn tables_of_facts() -> Vec<TableCreateStatement> {
    let mut property = Table::create();
    property.table("property").col(string_len("name", 64).primary_key()).col(text("value"));
    let mut class = Table::create();
    class.table("class").col(integer("position").primary_key()).col(text_uniq("name"));
    let mut item = Table::create();
    item.table("item")
        .col(big_pk_auto("id"))
        .col(blob("content_hash"))
        .col(text("identity"))
        .col(big_integer_null("duplicate_of"))
        .col(string("media"))
        .col(text("name"))
        .col(text_null("external_id"))
        .col(text_null("path"))
        .col(text_null("text"))
        .col(integer_null("width"))
        .col(integer_null("height"))
        .col(big_integer("created_at"))
        .foreign_key(&mut refers("item", "duplicate_of", "item"));
    let mut annotator = Table::create();
    annotator.table("annotator").col(big_pk_auto("id")).col(text_uniq("name")).col(string("kind"));
    let mut annotation = Table::create();
    annotation
        .table("annotation")
        .col(big_pk_auto("id"))
        .col(big_integer("item"))
        .col(big_integer("annotator"))
        .col(text_null("label"))
        .col(string("purpose"))
        .col(big_integer_null("asked_at"))
        .col(big_integer("answered_at"))
        .col(big_integer_null("took_ms"))
        .col(text_null("suggestion"))
        .col(double_null("suggestion_confidence"))
        .col(big_integer_null("suggestion_model"))
        .col(big_integer_null("undoes"))
        .foreign_key(&mut refers("annotation", "item", "item"))
        .foreign_key(&mut refers("annotation", "annotator", "annotator"))
        .foreign_key(&mut refers("annotation", "undoes", "annotation"));
    vec![property, class, item, annotator, annotation]
}

fn tables_of_results() -> Vec<TableCreateStatement> {
    let mut model_version = Table::create();
    model_version
        .table("model_version")
        .col(big_pk_auto("id"))
        .col(text("backbone"))
        .col(text("parameters"))
        .col(text("metrics"))
        .col(text("hash"))
        .col(big_integer("rng_seed"))
        .col(big_integer("trained_through"))
        .col(big_integer("created_at"));
    let mut audit = Table::create();
    audit
        .table("audit")
        .col(big_pk_auto("id"))
        .col(big_integer("model_version"))
        .col(text("score_hash"))
        .col(big_integer("population"))
        .col(big_integer("rng_seed"))
        .col(text("parameters"))
        .col(string("state"))
        .col(big_integer("created_at"))
        .foreign_key(&mut refers("audit", "model_version", "model_version"));
    let mut audit_draw = Table::create();
    audit_draw
        .table("audit_draw")
        .col(big_integer("audit"))
        .col(big_integer("position"))
        .col(big_integer("item"))
        .primary_key(Index::create().col("audit").col("position"))
        .foreign_key(&mut refers("audit_draw", "audit", "audit"))
        .foreign_key(&mut refers("audit_draw", "item", "item"));
    let mut certificate = Table::create();
    certificate
        .table("certificate")
        .col(big_pk_auto("id"))
        .col(big_integer("audit"))
        .col(text("document"))
        .col(text("text"))
        .col(big_integer("created_at"))
        .foreign_key(&mut refers("certificate", "audit", "audit"));
    let mut auto_label = Table::create();
    auto_label
        .table("auto_label")
        .col(big_integer("item").primary_key())
        .col(text("label"))
        .col(double("confidence"))
        .col(big_integer("model_version"))
        .col(big_integer("certificate"))
        .foreign_key(&mut refers("auto_label", "item", "item"))
        .foreign_key(&mut refers("auto_label", "model_version", "model_version"))
        .foreign_key(&mut refers("auto_label", "certificate", "certificate"));
    let mut event = Table::create();
    event
        .table("event")
        .col(big_pk_auto("id"))
        .col(big_integer("at"))
        .col(string("kind"))
        .col(text("document"));
    vec![model_version, audit, audit_draw, certificate, auto_label, event]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let identity = Index::create()
        .name("item_identity")
        .table("item")
        .col("content_hash")
        .col("identity")
        .unique()
        .take();
    let canonical = Index::create()
        .name("item_canonical")
        .table("item")
        .col("content_hash")
        .unique()
        .and_where(Expr::col("duplicate_of").is_null())
        .take();
    let by_item = Index::create().name("annotation_item").table("annotation").col("item").take();
    vec![identity, canonical, by_item]
}

/// A foreign key from a column to the id of a table.
fn refers(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from, column).to(to, "id").take()
}
