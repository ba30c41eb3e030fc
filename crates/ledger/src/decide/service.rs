//! Assets in service with the gateway, and the key of its receipts.

use super::Context;
use super::asset::ascending;
use crate::composition::MOST_COMPONENTS;
use crate::draft::Draft;
use crate::service::UPLOAD_GRACE_MS;
use crate::state::Asset;
use protocol::service::{ComposeAsset, ServeAsset, SetGateway};
use protocol::{AssetId, Event, Rejection};

impl Context<'_> {
    pub(super) fn serve_asset(
        &self,
        draft: &mut Draft<'_>,
        serve: &ServeAsset,
    ) -> Result<(), Rejection> {
        let asset = self.own_asset(serve.asset)?;
        let expires_ms = asset.registered.terms.expires_ms;
        if expires_ms.is_some_and(|expires| expires <= self.entry.time_ms) {
            return Err(Rejection::TermsExpired);
        }
        match self.state.sections.service.assets.get(&serve.asset) {
            Some(service) if service.until_ms.is_none() => return Err(Rejection::AssetInService),
            // Whoever set money aside has read these prices.
            Some(service) if service.tokens != serve.tokens => return Err(Rejection::PricesFixed),
            _ => {}
        }
        draft.note(Event::AssetServed {
            asset: serve.asset,
            tokens: serve.tokens,
        });
        Ok(())
    }

    pub(super) fn withdraw_asset(
        &self,
        draft: &mut Draft<'_>,
        asset: AssetId,
    ) -> Result<(), Rejection> {
        self.own_asset(asset)?;
        if !self.state.serves(asset) {
            return Err(Rejection::NotInService);
        }
        let until_ms = self.entry.time_ms.saturating_add(UPLOAD_GRACE_MS);
        draft.note(Event::AssetWithdrawn { asset, until_ms });
        Ok(())
    }

    pub(super) fn compose_asset(
        &self,
        draft: &mut Draft<'_>,
        compose: &ComposeAsset,
    ) -> Result<(), Rejection> {
        let (asset, components) = (compose.asset, &compose.components);
        let terms = &self.own_asset(asset)?.registered.terms;
        if components.len() > MOST_COMPONENTS || !ascending(components) {
            return Err(Rejection::BadList);
        }
        if components.is_empty() != compose.most_units.is_zero() {
            return Err(Rejection::OutOfRange);
        }
        for id in components {
            // Whatever is used is older, so that nothing uses itself, through whatever.
            if *id >= asset {
                return Err(Rejection::LineageCycle);
            }
            let used = self.state.asset(*id).ok_or(Rejection::UnknownAsset)?;
            let used = &used.registered.terms;
            if used.token != terms.token {
                return Err(Rejection::UnknownToken);
            }
            if used
                .expires_ms
                .is_some_and(|expires| expires <= self.entry.time_ms)
            {
                return Err(Rejection::TermsExpired);
            }
        }
        draft.note(Event::AssetComposed(compose.clone()));
        Ok(())
    }

    pub(super) fn set_gateway(
        &self,
        draft: &mut Draft<'_>,
        set: &SetGateway,
    ) -> Result<(), Rejection> {
        let newest = self.state.sections.service.keys.last();
        if newest.is_some_and(|(_, key)| *key == set.key) {
            return Err(Rejection::KeyExists);
        }
        draft.note(Event::GatewaySet { key: set.key });
        Ok(())
    }

    fn own_asset(&self, id: AssetId) -> Result<&Asset, Rejection> {
        let asset = self.state.asset(id).ok_or(Rejection::UnknownAsset)?;
        if asset.registered.owner == self.asker {
            Ok(asset)
        } else {
            Err(Rejection::NotOwner)
        }
    }
}
