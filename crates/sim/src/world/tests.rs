//! What must hold in every world.

use super::*;

#[test]
fn explore() {
    let start = std::time::Instant::now();
    let world = World::new(7);
    println!("world {:?}", start.elapsed());
    for c in 0..2 {
        let campaign = &world.campaigns[c];
        for unit in campaign.units.iter().take(40) {
            println!(
                "[{}/{:?}] {}",
                campaign.classes[unit.truth as usize], unit.difficulty, unit.text
            );
        }
        let n = campaign.classes.len();
        println!(
            "{} answers, gold {}, last day {}",
            world.answers(c).len(),
            campaign.gold.len(),
            world.answers(c).last().unwrap().at_s / 86400
        );
        let mut votes = vec![vec![0u32; n]; campaign.units.len()];
        let mut hon = vec![vec![0u32; n]; campaign.units.len()];
        let mut ring = vec![0u32; campaign.units.len()];
        for a in world.answers(c) {
            votes[a.unit as usize][a.label as usize] += 1;
            match world.contributors[a.contributor as usize].persona {
                Persona::Leader | Persona::Follower => ring[a.unit as usize] += 1,
                Persona::Honest => hon[a.unit as usize][a.label as usize] += 1,
                _ => {}
            }
        }
        let mut hist = [0; 9];
        ring.iter().for_each(|&r| hist[r as usize] += 1);
        let right = |votes: &[Vec<u32>]| {
            (0..votes.len())
                .filter(|&u| {
                    let v = &votes[u];
                    let m = v.iter().max().unwrap();
                    v.iter().position(|x| x == m).unwrap() as u32 == campaign.units[u].truth
                })
                .count() as f64
                / votes.len() as f64
        };
        println!(
            "ring per unit {hist:?}; majority {} honest majority {}",
            right(&votes),
            right(&hon)
        );
        use model::{feature, softmax::*};
        for bits in [14, 16] {
            for epochs in [8, 12] {
                for rate in [100_000, 300_000] {
                    for l2_ppm in [20, 200, 2000] {
                        let shape = Shape {
                            scheme: feature::Scheme::Text,
                            bits,
                            classes: n as u32,
                        };
                        let ex: Vec<Example> = campaign
                            .units
                            .iter()
                            .map(|u| Example {
                                features: feature::text(&u.text, bits),
                                label: u.truth,
                                weight_ppm: 1_000_000,
                            })
                            .collect();
                        let cut = ex.len() * 4 / 5;
                        let start = std::time::Instant::now();
                        let m = Softmax::train(
                            shape,
                            &ex[..cut],
                            &Training {
                                epochs,
                                rate_ppm: rate,
                                l2_ppm,
                                ..Training::default()
                            },
                        )
                        .unwrap();
                        let t = start.elapsed();
                        let acc = |ex: &[Example]| {
                            ex.iter()
                                .filter(|e| m.label(&e.features) == e.label)
                                .count() as f64
                                / ex.len() as f64
                        };
                        println!(
                            "bits {bits} epochs {epochs} rate {rate} l2 {l2_ppm} train {:.3} held {:.3} {t:?}",
                            acc(&ex[..cut]),
                            acc(&ex[cut..])
                        );
                    }
                }
            }
        }
    }
    let mut by: std::collections::BTreeMap<Persona, Vec<(f64, u32)>> = Default::default();
    for (i, p) in world.contributors.iter().enumerate() {
        let (mut ok, mut all) = (0u32, 0u32);
        for c in 0..2 {
            for a in world.answers(c) {
                if a.contributor as usize == i {
                    all += 1;
                    ok += u32::from(world.campaigns[c].units[a.unit as usize].truth == a.label);
                }
            }
        }
        by.entry(p.persona)
            .or_default()
            .push((f64::from(ok) / f64::from(all), all));
    }
    for (p, mut v) in by {
        v.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!(
            "{p:?} total {} mean {:.3}",
            v.iter().map(|x| x.1).sum::<u32>(),
            v.iter().map(|x| x.0 * f64::from(x.1)).sum::<f64>()
                / v.iter().map(|x| f64::from(x.1)).sum::<f64>()
        );
        for (a, n) in v.iter().step_by(v.len().div_ceil(12)) {
            print!(" {a:.2}/{n}");
        }
        println!();
    }
    for call in world.calls().iter().take(20) {
        println!(
            "{} {} {}",
            world.users[call.user as usize].name, call.purpose, call.text
        );
    }
}
