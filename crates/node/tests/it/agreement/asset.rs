//! Assets, what they inherit, allowances and royalties.

use super::ask;
use ledger::State;
use view::console::Console;

pub fn check(state: &State, console: &mut Console) {
    let assets = (0..).zip(&state.assets).map(|(id, it): (u32, _)| {
        let about = &it.registered;
        row![
            id,
            about.owner,
            about.title,
            about.content,
            it.total_shares,
            it.segments,
            it.uses,
            it.charged_units
        ]
    });
    let sql = "SELECT asset, owner, title, content, total_shares, segments, uses, charged_units
               FROM assets";
    assert_eq!(ask(console, sql), assets.collect::<Vec<_>>());
    let all = || {
        (0..)
            .zip(&state.assets)
            .map(|(id, it): (u32, _)| (id, &it.registered))
    };
    let parents = all().flat_map(|(id, it)| it.parents.iter().map(move |(p, _)| row![id, p]));
    let sql = "SELECT asset, parent FROM asset_parents";
    assert_eq!(ask(console, sql), parents.collect::<Vec<_>>());
    let floors =
        all().flat_map(|(id, it)| it.floors.iter().map(move |(a, p)| row![id, a, p.ppm()]));
    assert_eq!(
        ask(console, "SELECT * FROM asset_floors"),
        floors.collect::<Vec<_>>()
    );
    let shares = all().flat_map(|(id, it)| it.shares.iter().map(move |(a, s)| row![id, a, s]));
    assert_eq!(
        ask(console, "SELECT * FROM shares"),
        shares.collect::<Vec<_>>()
    );
    let allowances = (0..)
        .zip(&state.allowances)
        .map(|(id, it): (u32, _)| row![id, it.asset, it.payer, it.hold.0, it.expires_ms, it.ended]);
    let sql = "SELECT allowance, asset, payer, hold, expires_ms,
                      iif(ended_seq IS NULL, 'false', 'true')
               FROM allowances";
    assert_eq!(ask(console, sql), allowances.collect::<Vec<_>>());
    let received = (0..).zip(&state.assets).flat_map(|(id, it): (u32, _)| {
        it.received
            .iter()
            .map(move |(token, sum)| row![id, token, sum])
    });
    let sql = "SELECT to_asset, token, sum_units(amount_units) FROM royalties
               WHERE kind IN ('floor', 'flow') GROUP BY to_asset, token";
    assert_eq!(ask(console, sql), received.collect::<Vec<_>>());
}
