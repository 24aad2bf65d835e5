//! The tables, one module each. Names of columns are what is on disk.
//!
//! Entities stay in the store: callers see the types of [`super::items`],
//! [`super::facts`] and [`super::results`].

#![allow(clippy::struct_field_names, reason = "SeaORM wants every row to be called `Model`")]

/// What belongs to the whole project: its id.
pub(crate) mod property {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "property")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The schema, by position.
pub(crate) mod class {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "class")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) position: i32,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Things to be labelled.
pub(crate) mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "item")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) content_hash: Vec<u8>,
        #[sea_orm(column_type = "Text")]
        pub(crate) identity: String,
        pub(crate) duplicate_of: Option<i64>,
        pub(crate) media: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) external_id: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) path: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) text: Option<String>,
        pub(crate) width: Option<i32>,
        pub(crate) height: Option<i32>,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Sources of annotations.
pub(crate) mod annotator {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "annotator")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        pub(crate) kind: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Facts.
pub(crate) mod annotation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "annotation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) item: i64,
        pub(crate) annotator: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) label: Option<String>,
        pub(crate) purpose: String,
        pub(crate) asked_at: Option<i64>,
        pub(crate) answered_at: i64,
        pub(crate) took_ms: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) suggestion: Option<String>,
        pub(crate) suggestion_confidence: Option<f64>,
        pub(crate) suggestion_model: Option<i64>,
        pub(crate) undoes: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Trained models.
pub(crate) mod model_version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "model_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) backbone: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) parameters: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) metrics: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) hash: String,
        pub(crate) rng_seed: i64,
        pub(crate) trained_through: i64,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Audits: the frozen score and what became of it.
pub(crate) mod audit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) model_version: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) score_hash: String,
        pub(crate) population: i64,
        pub(crate) rng_seed: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) parameters: String,
        pub(crate) state: String,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The items of an audit, in the order they were drawn.
pub(crate) mod audit_draw {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_draw")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) audit: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) position: i64,
        pub(crate) item: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Certificates, for machines and for people.
pub(crate) mod certificate {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) audit: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) document: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) text: String,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Labels accepted without a look.
pub(crate) mod auto_label {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "auto_label")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) item: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) label: String,
        pub(crate) confidence: f64,
        pub(crate) model_version: i64,
        pub(crate) certificate: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What happened to the project, for people.
pub(crate) mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) at: i64,
        pub(crate) kind: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) document: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which annotation a key of the sender led to, so that sending it again
/// doubles nothing.
pub(crate) mod receipt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "receipt")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) key: String,
        pub(crate) annotation: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody wrote about an item.
pub(crate) mod remark {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "remark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) key: String,
        pub(crate) item: i64,
        pub(crate) annotator: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) text: String,
        pub(crate) is_flag: bool,
        pub(crate) at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who said that a remark is dealt with.
pub(crate) mod resolution {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "resolution")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) remark: i64,
        pub(crate) annotator: i64,
        pub(crate) at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
