//! `/api/projects`: which there are, making and removing one, its settings.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use annota_core::{acquire::Strategy, certify, label::Schema};
use annota_engine::{
    Error,
    live::{Live, Overview},
    project::{Labelling, Look, Project as Stored, ProjectConfig},
};
use annota_model::ModelSpec;
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    App,
    error::{ApiError, blocking},
    looks, open,
    train::{self, Model},
    wire::{Class, Goal, Measured, MediaName, Phase, measured},
};

/// A project in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProjectSummary {
    /// Name of its folder.
    id: String,
    name: String,
    media: Option<MediaName>,
    phase: Phase,
    n_items: u64,
    /// Items that a person has answered.
    n_answered: u64,
    /// Items that keep a model's label under a certificate.
    n_auto: u64,
    n_classes: u64,
    /// Who has answered.
    people: Vec<String>,
    accuracy: Option<Measured>,
    goal: Goal,
    last_answer_at: Option<String>,
}

/// What an owner may set.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Settings {
    name: String,
    classes: Vec<Class>,
    goal: Goal,
    /// `null`: the default policy.
    strategy: Option<String>,
    /// Items handed out at once; `null`: as many as suit.
    batch_len: Option<u32>,
    /// People who answer every item.
    overlap: u32,
    /// The most items that people may answer.
    budget: Option<u32>,
    /// Name of the network; `null`: the one that suits the items.
    model: Option<String>,
    /// Seconds that an item is kept for whoever has it.
    lease_s: u64,
    /// Words to be marked in texts.
    highlights: Vec<String>,
}

/// Some of the settings; what is missing stays as it is, `null` is a value.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "missing, null and a value are three things")]
pub(crate) struct SettingsPatch {
    name: Option<String>,
    /// The classes there are, in their order, and new ones after them.
    classes: Option<Vec<Class>>,
    goal: Option<Goal>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    strategy: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    batch_len: Option<Option<u32>>,
    overlap: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    budget: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    lease_s: Option<u64>,
    highlights: Option<Vec<String>>,
}

/// Tells `null` from a field that is missing.
#[allow(clippy::option_option, reason = "as above")]
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedStrategy {
    name: &'static str,
    summary: &'static str,
}

/// Items waiting for somebody, in somebody's hands, and answered by fewer
/// people than wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Queue {
    n_ready: u64,
    n_leased: u64,
    n_pending: u64,
}

impl From<annota_engine::live::QueueLen> for Queue {
    fn from(queue: annota_engine::live::QueueLen) -> Queue {
        Queue {
            n_ready: queue.n_ready as u64,
            n_leased: queue.n_leased as u64,
            n_pending: queue.n_pending as u64,
        }
    }
}

/// A project with all that its page needs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Project {
    #[serde(flatten)]
    summary: ProjectSummary,
    settings: Settings,
    strategies: Vec<ListedStrategy>,
    /// Why the project cannot go on, with a way out.
    problem: Option<String>,
    queue: Queue,
    model: Option<Model>,
    /// Id of the network with which the items are embedded.
    backbone: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    name: String,
    classes: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Confirmed {
    /// The project's name, so that none is removed by mistake.
    confirm: String,
}

/// Every project.
#[utoipa::path(get, path = "/api/projects", responses((status = OK, body = Vec<ProjectSummary>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
) -> Result<Json<Vec<ProjectSummary>>, ApiError> {
    let work = Arc::clone(&app);
    let names = blocking(move || work.home.projects()).await?.into_keys();
    let mut listed = Vec::new();
    for name in names {
        let id = name.clone();
        let summary = open::with(&app, &name, move |live| Ok(summary(id, live)?.0)).await;
        match summary {
            Ok(summary) => listed.push(summary),
            // One project that does not open must not hide the others.
            Err(error) => listed.push(unopened(name, &error)),
        }
    }
    Ok(Json(listed))
}

/// Makes a project; its items are imported into it.
#[utoipa::path(post, path = "/api/projects", responses((status = CREATED, body = Project)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Json(new): Json<NewProject>,
) -> Result<Response, ApiError> {
    let title = new.name.trim().to_owned();
    if title.is_empty() {
        return Err(ApiError::invalid("a project without a name").help("give it one"));
    }
    let classes: Vec<String> = new.classes.iter().map(|it| it.trim().to_owned()).collect();
    if !classes.is_empty() {
        Schema::new(classes.clone()).map_err(ApiError::invalid)?;
    }
    let config = ProjectConfig { name: Some(title.clone()), classes, ..ProjectConfig::default() };
    let work = Arc::clone(&app);
    let id = blocking(move || {
        let (id, folder) = work.home.make(&title)?;
        Stored::create(&folder, config, Duration::ZERO)?;
        Ok(id)
    });
    let id = id.await?;
    let project = project(&app, &id).await?;
    Ok((StatusCode::CREATED, project).into_response())
}

/// A project; its `ETag` is that of the settings.
#[utoipa::path(get, path = "/api/projects/{p}", responses((status = OK, body = Project)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Response, ApiError> {
    project(&app, &p).await
}

/// Changes settings. `If-Match` names the settings that are changed.
#[utoipa::path(
    patch,
    path = "/api/projects/{p}",
    params(("If-Match" = String, Header, description = "`ETag` of the settings as they were read")),
    request_body = SettingsPatch,
    responses((status = OK, body = Project), (status = 412), (status = 428))
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    headers: HeaderMap,
    Json(patch): Json<SettingsPatch>,
) -> Result<Response, ApiError> {
    let seen = headers.get(header::IF_MATCH).and_then(|it| it.to_str().ok());
    let seen = seen.map(str::to_owned).ok_or_else(|| {
        ApiError::no_version("the request does not say which settings it changes")
            .help("send the `ETag` of the project as `If-Match`")
    })?;
    let work = Arc::clone(&app);
    let id = p.clone();
    open::with(&app, &p, move |live| {
        // Two owners who save at the same time take turns.
        let _turn = work.saving.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen != tag(&settings(&id, live)) {
            return Err(ApiError::stale("somebody else changed the settings")
                .help("load them again, then make your change"));
        }
        let config = patched(live, patch)?;
        Ok(live.set_config(config)?)
    })
    .await?;
    project(&app, &p).await
}

/// Removes a project with all that belongs to it, for good.
#[utoipa::path(
    delete,
    path = "/api/projects/{p}",
    params(Confirmed),
    responses((status = NO_CONTENT))
)]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    Query(query): Query<Confirmed>,
) -> Result<StatusCode, ApiError> {
    let id = p.clone();
    let name = open::with(&app, &p, move |live| Ok(settings(&id, live).name)).await?;
    if query.confirm != name {
        return Err(ApiError::conflict(format!("`{name}` is not removed without being named"))
            .help("send the project's name as `confirm`"));
    }
    let folder = folder(&app, &p).await?;
    blocking(move || {
        app.open.close(&p, || fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder)))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The folder of the project called `name`.
pub(crate) async fn folder(app: &Arc<App>, name: &str) -> Result<PathBuf, ApiError> {
    let (work, wanted) = (Arc::clone(app), name.to_owned());
    let found = blocking(move || work.home.find(&wanted)).await?;
    found.ok_or_else(|| no_project(name))
}

pub(crate) fn no_project(name: &str) -> ApiError {
    ApiError::not_found(format!("there is no project called `{}`", name.escape_default()))
        .help("GET /api/projects lists them")
}

async fn project(app: &Arc<App>, p: &str) -> Result<Response, ApiError> {
    let id = p.to_owned();
    let project = open::with(app, p, move |live| {
        let (summary, overview) = summary(id.clone(), live)?;
        let strategies = Strategy::all().into_iter();
        Ok(Project {
            summary,
            settings: settings(&id, live),
            strategies: strategies
                .map(|it| ListedStrategy { name: it.name(), summary: it.description() })
                .collect(),
            problem: overview.problem,
            queue: overview.queue.into(),
            model: overview.model.as_ref().map(train::model),
            backbone: overview.backbone,
        })
    });
    let project = project.await?;
    Ok(([(header::ETAG, tag(&project.settings))], Json(project)).into_response())
}

fn summary(id: String, live: &Live) -> Result<(ProjectSummary, Overview), ApiError> {
    let overview = live.overview(Timestamp::now())?;
    let config = live.project().config();
    let summary = ProjectSummary {
        name: config.name.clone().unwrap_or_else(|| id.clone()),
        id,
        media: config.media.map(MediaName::from),
        phase: overview.phase.into(),
        n_items: overview.n_items,
        n_answered: overview.n_answered as u64,
        n_auto: overview.n_auto as u64,
        n_classes: live.project().store().classes().len() as u64,
        people: overview.people.clone(),
        accuracy: measured(overview.accuracy),
        goal: goal(config.labelling.goal),
        last_answer_at: overview.last_answer_at.map(|it| it.to_string()),
    };
    Ok((summary, overview))
}

/// A project that is there and does not open.
fn unopened(id: String, error: &ApiError) -> ProjectSummary {
    tracing::warn!(project = id, error = error.told(), "cannot open a project");
    ProjectSummary {
        name: id.clone(),
        id,
        media: None,
        phase: Phase::Failed,
        n_items: 0,
        n_answered: 0,
        n_auto: 0,
        n_classes: 0,
        people: Vec::new(),
        accuracy: None,
        goal: goal(Labelling::default().goal),
        last_answer_at: None,
    }
}

fn settings(id: &str, live: &Live) -> Settings {
    let config = live.project().config();
    let labelling = &config.labelling;
    Settings {
        name: config.name.clone().unwrap_or_else(|| id.to_owned()),
        classes: looks::classes(&live.project().store().classes(), &labelling.looks),
        goal: goal(labelling.goal),
        strategy: labelling.strategy.map(|it| it.name().to_owned()),
        batch_len: labelling.batch_len,
        overlap: labelling.overlap,
        budget: labelling.budget,
        model: config.model.clone(),
        lease_s: labelling.lease.as_secs(),
        highlights: labelling.highlights.clone(),
    }
}

pub(crate) fn goal(goal: certify::Goal) -> Goal {
    Goal { max_error: goal.max_error(), confidence: goal.confidence() }
}

/// The goal that a request names.
pub(crate) fn core_goal(goal: Goal) -> Result<certify::Goal, ApiError> {
    certify::Goal::new(goal.max_error, goal.confidence).ok_or_else(|| {
        let (max_error, confidence) = (goal.max_error, goal.confidence);
        ApiError::invalid(format!("no goal: {max_error} wrong with confidence {confidence}"))
            .help("both are shares between 0 and 1, such as 0.05 and 0.95")
    })
}

/// Equal settings, equal tag.
fn tag(settings: &Settings) -> String {
    let json = serde_json::to_vec(settings).expect("strings and numbers");
    format!("\"{}\"", &blake3::hash(&json).to_hex()[..32])
}

/// The configuration with the changes of `patch`.
fn patched(live: &Live, patch: SettingsPatch) -> Result<ProjectConfig, ApiError> {
    let mut config = ProjectConfig::clone(&live.project().config());
    if let Some(name) = patch.name {
        let name = name.trim();
        if name.is_empty() {
            return Err(ApiError::invalid("a project without a name").help("give it one"));
        }
        config.name = Some(name.to_owned());
    }
    if let Some(classes) = patch.classes {
        config.labelling.looks = looks_of(live, &classes)?;
        config.classes = classes.into_iter().map(|it| it.name).collect();
    }
    if let Some(model) = patch.model {
        if let Some(model) = &model {
            let known = ModelSpec::parse(model)
                .and_then(|it| annota_model::catalogue::find(&it.name).map(drop));
            known.map_err(|error| ApiError::invalid(error.to_string()))?;
        }
        config.model = model;
    }
    let labelling = &mut config.labelling;
    if let Some(goal) = patch.goal {
        labelling.goal = core_goal(goal)?;
    }
    if let Some(strategy) = patch.strategy {
        labelling.strategy = strategy.as_deref().map(strategy_named).transpose()?;
    }
    labelling.batch_len = patch.batch_len.unwrap_or(labelling.batch_len);
    labelling.overlap = patch.overlap.unwrap_or(labelling.overlap);
    labelling.budget = patch.budget.unwrap_or(labelling.budget);
    labelling.lease = patch.lease_s.map_or(labelling.lease, Duration::from_secs);
    if let Some(highlights) = patch.highlights {
        labelling.highlights = highlights;
    }
    Ok(config)
}

fn strategy_named(name: &str) -> Result<Strategy, ApiError> {
    Strategy::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Strategy::all().iter().map(|it| it.name()).collect();
        ApiError::invalid(format!("no query strategy is called `{}`", name.escape_default()))
            .help(format!("there are: {}", names.join(", ")))
    })
}

/// Keys and colours of `classes`, which are those there are and new ones after
/// them: what was answered names classes by their position.
fn looks_of(live: &Live, classes: &[Class]) -> Result<BTreeMap<String, Look>, ApiError> {
    let names: Vec<String> = classes.iter().map(|it| it.name.clone()).collect();
    let known = live.project().store().classes();
    if !names.starts_with(&known) {
        return Err(ApiError::invalid("classes cannot be renamed, moved or removed")
            .help(format!("begin with the classes there are: {}", known.join(", "))));
    }
    if !names.is_empty() {
        Schema::new(names).map_err(ApiError::invalid)?;
    }
    if let Some(it) = classes.iter().find(|it| !it.key.is_empty() && !looks::is_key(&it.key)) {
        return Err(ApiError::invalid(format!("`{}` is no key for a class", it.key))
            .help(format!("the keys that mean nothing else: {}", looks::keys())));
    }
    let look = |it: &Class| {
        let key = it.key.to_ascii_uppercase();
        (it.name.clone(), Look { key, colour: it.colour.clone() })
    };
    Ok(classes.iter().map(look).collect())
}
