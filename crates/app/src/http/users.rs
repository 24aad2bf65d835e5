//! `/api/users` and `/api/tokens`: accounts and their tokens.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    App,
    error::{ApiError, blocking},
    guard::Caller,
};
use crate::accounts::{Accounts, Role, User as Account};

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    name: String,
    role: Role,
    created_at: String,
}

impl From<Account> for User {
    fn from(user: Account) -> User {
        User { name: user.name, role: user.role, created_at: user.created_at.to_string() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    name: String,
    password: String,
    role: Role,
}

/// A token, shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    token: String,
}

/// Everybody with an account.
#[utoipa::path(get, path = "/api/users", responses((status = OK, body = Vec<User>)))]
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Json<Vec<User>>, ApiError> {
    let users = blocking(move || app.accounts.users()).await?;
    Ok(Json(users.into_iter().map(User::from).collect()))
}

/// Makes an account. The first one is an owner's: from then on everybody logs in.
#[utoipa::path(post, path = "/api/users", responses((status = CREATED, body = User)))]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), ApiError> {
    if new.role != Role::Owner && !app.accounts.has_users()? {
        return Err(ApiError::invalid("the first account has to be an owner's")
            .help("add an owner first, then the others"));
    }
    let user = blocking(move || app.accounts.add(&new.name, &new.password, new.role)).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// Removes an account; what its owner answered stays.
#[utoipa::path(delete, path = "/api/users/{name}", responses((status = NO_CONTENT)))]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let users = app.accounts.users()?;
    if !users.iter().any(|it| it.name == name) {
        return Err(ApiError::not_found(format!("no account is called `{name}`")));
    }
    let has_other_owner = users.iter().any(|it| it.role == Role::Owner && it.name != name);
    if !has_other_owner {
        return Err(ApiError::conflict(format!("`{name}` is the only owner"))
            .help("make another account an owner first"));
    }
    blocking(move || Accounts::remove(&app.accounts, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new API token of the caller, to be sent as `Authorization: Bearer …`.
#[utoipa::path(post, path = "/api/tokens", responses((status = CREATED, body = NewToken)))]
pub(crate) async fn new_token(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<(StatusCode, Json<NewToken>), ApiError> {
    if !app.accounts.has_users()? {
        return Err(ApiError::conflict("there are no accounts, so nobody needs a token")
            .help("make an account first"));
    }
    let token = blocking(move || app.accounts.new_token(&caller.name)).await?;
    Ok((StatusCode::CREATED, Json(NewToken { token })))
}
