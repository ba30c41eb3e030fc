//! Campaigns over HTTP: drawn up, opened, worked on, watched, and what they have paid.

pub(crate) mod appeal;
pub(crate) mod campaign;
pub(crate) mod conduct;
pub(crate) mod dashboard;
mod data;
pub(crate) mod disagree;
pub(crate) mod hit;
pub(crate) mod insight;
mod labelled;
mod lease;
pub(crate) mod market;
mod money;
pub(crate) mod offer;
mod plan;
pub(crate) mod review;
mod stream;

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{delete, get, post, put};
use gateway::Gateway;
use node::Host;
use node::draft::Draft;
use node::steward::{Ask, SharedPlans};
use node::workplace::Workplace;
use protocol::{AccountId, Amount, CampaignId};
use store::Files;
use view::plan::{Plan, Plans};

pub(crate) use lease::refused;
pub use market::Market;
pub use market::content::label_lines;

use crate::access::Caller;
use crate::api::not_kept;
use crate::problem::Problem;
use crate::problem::said::{no_campaign, no_plan};
use crate::rpc::ChainFace;

/// What work stands on.
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Who gives out tasks.
    pub workplace: Workplace,
    /// Campaigns that were drawn up here.
    pub plans: SharedPlans,
    /// The steward, who has the chain.
    pub steward: Sender<Ask>,
    /// Files of the log, for documents that a campaign will name.
    pub files: Arc<dyn Files>,
    /// Test money for each account that asks, in base units; zero gives none.
    pub faucet_units: Amount,
    /// Least that the operator pays the gas of a claim for, in base units; zero is any.
    pub claim_from_units: Amount,
    /// Contents of assets and who has read them.
    pub market: Market,
    /// The chain that the log settles on, where the node has one at hand.
    pub chain: Option<Arc<dyn ChainFace>>,
    /// What answers for models, where the node serves any.
    pub models: Option<Arc<Gateway>>,
}

/// Clones stand on the same.
#[derive(Clone)]
pub(crate) struct Work(Arc<Inner>);

/// How a page sees a campaign and what its caller may do with it.
pub(crate) struct Steering {
    /// Whether the caller is its requester or operates the node.
    pub(crate) may: bool,
    /// Whether it was drawn up here, and so can be steered at all.
    pub(crate) planned: bool,
    pub(crate) paused: bool,
    pub(crate) closing: bool,
}

struct Inner {
    host: Host,
    workplace: Workplace,
    plans: SharedPlans,
    steward: Mutex<Sender<Ask>>,
    files: Arc<dyn Files>,
    faucet_units: Amount,
    claim_from_units: Amount,
    market: Market,
    chain: Option<Arc<dyn ChainFace>>,
    models: Option<Arc<Gateway>>,
    insights: insight::Insights,
}

impl Inner {
    fn new(parts: Parts) -> Self {
        let Parts {
            host,
            workplace,
            plans,
            steward,
            files,
            faucet_units,
            claim_from_units,
            market,
            chain,
            models,
        } = parts;
        Self {
            host,
            workplace,
            plans,
            steward: Mutex::new(steward),
            files,
            faucet_units,
            claim_from_units,
            market,
            chain,
            models,
            insights: insight::Insights::default(),
        }
    }
}

/// Routes below `/api/v1/campaigns`, `/api/v1/plans` and `/api/v1/me`, with the pages; all behind
/// [`crate::access::guard`].
pub fn routes(parts: Parts) -> Router {
    let work = Work(Arc::new(Inner::new(parts)));
    Router::new()
        .route("/api/v1/campaigns", get(campaign::list))
        .route("/api/v1/campaigns/{id}", get(campaign::one))
        .route("/api/v1/campaigns/{id}/labels", get(campaign::labels))
        .route("/api/v1/campaigns/{id}/people", get(campaign::people))
        .route("/api/v1/campaigns/{id}/export", get(data::export))
        .route("/api/v1/campaigns/{id}/leases", post(lease::take))
        .route("/api/v1/campaigns/{id}/leases/renew", post(lease::renew))
        .route(
            "/api/v1/campaigns/{id}/leases/{task}",
            delete(lease::give_back),
        )
        .route("/api/v1/campaigns/{id}/drafts/{task}", put(lease::draft))
        .route("/api/v1/plans", get(plan::list).post(plan::create))
        .route(
            "/api/v1/plans/{id}",
            get(plan::one).put(plan::change).delete(plan::delete),
        )
        .route(
            "/api/v1/plans/{id}/units",
            get(plan::units).put(data::put_units),
        )
        .route("/api/v1/plans/{id}/estimate", get(plan::estimate))
        .route("/api/v1/plans/{id}/prepare", post(plan::prepare))
        .route("/api/v1/me/earnings", get(money::earnings))
        .route(
            "/api/v1/me/deposits",
            get(money::deposits).post(money::deposit),
        )
        .route("/api/v1/me/claim", post(money::claim))
        .merge(market::routes())
        .merge(people())
        .layer(axum::middleware::map_response(not_kept))
        .with_state(work.clone())
        .merge(crate::page::routes(work))
}

/// What is about people and what they say of each other's work.
fn people() -> Router<Work> {
    steering()
        .merge(appeal::routes())
        .merge(conduct::routes())
        .merge(dashboard::routes())
        .merge(disagree::routes())
        .merge(review::routes())
}

/// What whoever owns a campaign does with it.
fn steering() -> Router<Work> {
    Router::new()
        .route("/api/v1/campaigns/{id}/pause", post(campaign::pause))
        .route("/api/v1/campaigns/{id}/resume", post(campaign::resume))
        .route("/api/v1/campaigns/{id}/close", post(campaign::close))
}

impl Work {
    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.0.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running node.
    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    /// What the market stands on.
    pub(crate) fn market(&self) -> &Market {
        &self.0.market
    }

    /// Who gives out tasks.
    pub(crate) fn workplace(&self) -> &Workplace {
        &self.0.workplace
    }

    /// The chain, for questions.
    pub(crate) fn chain(&self) -> Option<&dyn ChainFace> {
        self.0.chain.as_deref()
    }

    /// The gateway, for what it knows of its models.
    pub(crate) fn models(&self) -> Option<&Gateway> {
        self.0.models.as_deref()
    }

    /// Whether accounts are given test money.
    pub(crate) fn has_faucet(&self) -> bool {
        !self.0.faucet_units.is_zero()
    }

    /// Least that the operator pays the gas of a claim for, in base units.
    pub(crate) fn claim_from(&self) -> Amount {
        self.0.claim_from_units
    }

    /// What the caller may do with a campaign.
    pub(crate) fn steering(&self, caller: Option<&Caller>, id: u32) -> Result<Steering, Problem> {
        let plan = self.plans().of_campaign(CampaignId(id))?;
        let may = caller.is_some_and(|caller| self.steers(caller, id).is_ok());
        Ok(Steering {
            may,
            planned: plan.is_some(),
            paused: plan.as_ref().is_some_and(|plan| plan.paused),
            closing: plan.as_ref().is_some_and(|plan| plan.closing),
        })
    }

    fn ask(&self, ask: Ask) -> Result<(), Problem> {
        let steward = self
            .0
            .steward
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let gone = |_| Problem::busy("stopped", "the node is ending", 5);
        steward.send(ask).map_err(gone)
    }

    /// The settings of a campaign; the usual ones where it was not drawn up here.
    pub(crate) fn draft(&self, id: CampaignId) -> Result<Draft, Problem> {
        let plan = self.plans().of_campaign(id)?;
        plan.map_or_else(|| Ok(Draft::default()), |plan| plan::draft_of(&plan))
    }

    /// The caller's own plan.
    fn plan(&self, caller: &Caller, id: u64) -> Result<Plan, Problem> {
        let owner = account(caller)?;
        let plan = self.plans().plan(id)?;
        // Whose it is instead is nobody's business.
        let own = plan.filter(|plan| plan.owner == owner);
        own.ok_or_else(|| no_plan(id))
    }

    /// A campaign that the caller may steer: its owner, or the operator.
    pub(crate) fn steers(&self, caller: &Caller, id: u32) -> Result<CampaignId, Problem> {
        let own = account(caller)?;
        let id = CampaignId(id);
        let owner = self
            .0
            .host
            .read(|state| state.campaign(id).map(|it| it.owner));
        let owner = owner.ok_or_else(|| no_campaign(id))?;
        let operates = [protocol::Role::Owner, protocol::Role::Operator];
        if owner == own || caller.roles.meets(protocol::Roles::of(&operates)) {
            return Ok(id);
        }
        let detail = format!("campaign {id} is another requester's");
        Err(Problem::forbidden("not_owner", detail))
    }
}

/// The account of somebody who has one.
fn account(caller: &Caller) -> Result<AccountId, Problem> {
    caller.account.ok_or_else(|| {
        let detail = "you have no account in the log yet; open one first";
        Problem::forbidden("no_account", detail)
    })
}
