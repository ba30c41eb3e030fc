//! Agreement beside the `krippendorff` package and evalica's intervals.

use std::path::Path;

use quality::agree::{Draws, Level, Measure, Units, alpha, estimate};
use quality::parallel::Threads;

use crate::table::{Goal, Table};
use crate::{Outcome, clock, peer, real};

/// Alpha on real sets, from the answers, alone and with 1,000 resamples of the units.
pub fn measure(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("agree");
    for name in ["rte", "dog", "product", "adult2"] {
        let Some(set) = real::load(name) else {
            table.skip(name, "it is not beside the repository");
            continue;
        };
        let crowd = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
        let folder = crowd.join(name).display().to_string();
        let count = set.answers.rows().len();
        for (level, word) in [(Level::Nominal, "nominal"), (Level::Ordinal, "ordinal")] {
            let run = || alpha(&Units::new(&set.answers), level).expect("some pairs");
            let (found, spent) = clock::median(run);
            let said = peer.run(&[&folder, word]);
            let cpu_s = said.as_ref().map_err(Clone::clone);
            let cpu_s = cpu_s.and_then(|said| said["cpu_s"].as_f64().ok_or_else(String::new));
            let row = format!("alpha {word}, {name} ({count} answers); krippendorff");
            table.seconds(&row, spent.cpu_s, &cpu_s, Goal::None);
            if let Some(peer) = said.ok().and_then(|said| said["alpha"].as_f64()) {
                let figures = [&format!("{found:.6}"), &*format!("{peer:.6}")];
                let gap = (found - peer).abs();
                let row = format!("its value, gap {gap:.0e}");
                table.fact(&row, figures, "gap <= 1e-12", Some(gap <= 1e-12));
            }
        }
        let draw = || {
            let units = Units::new(&set.answers);
            let measure = Measure::Alpha(Level::Nominal);
            estimate(&units, measure, Draws::default(), Threads::ONE).expect("some pairs")
        };
        let (found, spent) = clock::median(draw);
        let said = peer.run(&[&folder, "resampled"]);
        let cpu_s = said.as_ref().map_err(Clone::clone);
        let cpu_s = cpu_s.and_then(|said| said["cpu_s"].as_f64().ok_or_else(String::new));
        let goal = match name {
            "adult2" => Goal::Both(10.0, 0.2),
            _ => Goal::Times(10.0),
        };
        let row = format!("alpha and 1,000 resamples, {name}; evalica");
        table.seconds(&row, spent.cpu_s, &cpu_s, goal);
        let own = format!("{:.3} to {:.3}", found.low, found.high);
        let said = said.map_or(String::new(), |said| {
            format!(
                "{:.3} to {:.3}",
                said["low"].as_f64().unwrap_or_default(),
                said["high"].as_f64().unwrap_or_default()
            )
        });
        let row = format!("its interval, for {:.3}", found.value);
        table.fact(
            &row,
            [&own, &said],
            "holds the value",
            Some(found.low <= found.value && found.value <= found.high),
        );
    }
    Ok(())
}
