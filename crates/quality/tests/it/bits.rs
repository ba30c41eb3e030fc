//! The bits of truth inference over classes: what any version of the code must find, to the last.

use quality::mace::Mace;
use quality::parallel::Threads;
use quality::random::Random;
use quality::{Answer, Answers, DawidSkene, Fit, Variant};

/// By the number of classes: Dawid and Skene in four ways, and MACE.
const EXPECTED: [(u32, [u64; 5]); 7] = [
    (
        1,
        [
            0xf688_6a57_4e60_9b24,
            0xadc2_221c_5d3a_a607,
            0xadc2_221c_5d3a_a607,
            0xf688_6a57_4e60_9b24,
            0xb0c9_65d2_9128_2370,
        ],
    ),
    (
        2,
        [
            0x68fb_eec2_dd3b_b3c6,
            0x9792_019a_62c3_687f,
            0x9792_019a_62c3_6862,
            0x28af_2a78_c2ff_a814,
            0x3114_787d_72f3_871c,
        ],
    ),
    (
        3,
        [
            0x0213_97f1_3ca7_0925,
            0xa62e_bae4_d71e_9bb8,
            0x2fe7_7c97_bddc_83c6,
            0x9669_02b0_73b7_c268,
            0xb849_1f3d_5dc7_1e20,
        ],
    ),
    (
        4,
        [
            0x2726_07f4_cba1_8d61,
            0x491d_c355_eeff_4cfc,
            0xbd15_c936_c82f_4823,
            0x1666_1f3f_7766_5d6e,
            0x2511_224a_4756_f3fb,
        ],
    ),
    (
        5,
        [
            0x0648_08c2_7734_c05c,
            0xae70_86ef_4ab1_4af8,
            0x02da_9ce5_0a74_1b31,
            0xe02d_0f1f_c317_596f,
            0xae00_6a8b_cd0d_4c47,
        ],
    ),
    (
        6,
        [
            0x4f73_3fa3_ba3a_524c,
            0x6222_fb61_1ae5_61d2,
            0xa06c_887a_c46a_4224,
            0x678d_a80c_ac5e_b74f,
            0x3e96_2d3d_a532_ef40,
        ],
    ),
    (
        11,
        [
            0xf2e7_3094_64c8_4d53,
            0x3f73_3a2e_6ee7_3fe4,
            0x1733_29b7_cbdc_573a,
            0x9950_5c92_7980_c180,
            0x82b8_6558_aa38_1c4d,
        ],
    ),
];

/// A table with what is rare: units without answers, units answered alike, one with answers enough
/// that all but one class are beyond the smallest number, workers of one answer.
fn table(classes: u32, units: u32, seed: u64) -> (Answers, Vec<Option<u32>>) {
    let mut random = Random::new(seed, u64::from(classes));
    let (mut rows, mut known) = (Vec::new(), Vec::new());
    for unit in 0..units {
        let truth = random.below(classes);
        known.push((random.below(10) == 0).then_some(truth));
        let overlap = match unit {
            5 => 1_500,
            _ => random.below(8),
        };
        for _ in 0..overlap {
            let spread = if unit % 3 == 0 { 5 } else { 60 };
            let right = random.unit() < 0.8;
            let label = if right { truth } else { random.below(classes) };
            let worker = random.below(spread);
            rows.push(Answer {
                unit,
                worker,
                label,
            });
        }
    }
    random.shuffle(&mut rows);
    let answers = Answers::new(units, 61, classes, rows).expect("in bounds");
    (answers, known)
}

/// One number of all bits in order.
fn digest(bits: impl Iterator<Item = u64>) -> u64 {
    bits.fold(0, |mixed: u64, bits| {
        let mixed = (mixed ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    })
}

fn dawid_skene(answers: &Answers, found: &DawidSkene) -> u64 {
    let posteriors = (0..answers.units()).flat_map(|unit| found.consensus.posterior(unit).to_vec());
    let classes = 0..answers.classes();
    let confusions = (0..answers.workers()).flat_map(|worker| {
        let cells = classes.clone().flat_map(|truth| {
            let label = move |label| found.confusion(worker, truth, label);
            classes.clone().map(label)
        });
        cells.collect::<Vec<f64>>()
    });
    let all = posteriors.chain(confusions).chain(found.priors().to_vec());
    digest(all.map(f64::to_bits)) ^ u64::from(found.consensus.iterations)
}

fn mace(found: &Mace) -> u64 {
    let knows = found.model.knows.iter().flatten();
    let all = knows.chain(&found.model.strategies).chain(&found.bounds);
    let labels = found.consensus.labels().iter();
    let labels = labels.map(|label| u64::from(label.unwrap_or(99)));
    digest(all.map(|weight| weight.to_bits()).chain(labels))
}

#[test]
fn results_have_the_bits_they_always_had() {
    for (classes, expected) in EXPECTED {
        let (answers, known) = table(classes, 3_000, 3);
        let early = Fit::new(Variant::Map).rounds(3).run(&answers, &known);
        let early = early.expect("valid");
        let rows: Vec<f64> = (0..answers.units())
            .flat_map(|unit| early.consensus.posterior(unit).to_vec())
            .collect();
        for threads in [1, 2, 8] {
            let found = [
                Fit::new(Variant::Crowdkit),
                Fit::new(Variant::Map),
                Fit::new(Variant::Map).from_model(&early),
                Fit::new(Variant::Crowdkit).from_posteriors(&rows),
            ];
            let found = found.map(|fit| {
                let fit = fit.rounds(20).threads(Threads::new(threads));
                dawid_skene(&answers, &fit.run(&answers, &known).expect("valid"))
            });
            assert_eq!(found, expected[..4], "{classes} classes, {threads} threads");
        }
        let found = mace(&quality::mace(&answers, 1, 9, Threads::ONE));
        assert_eq!(found, expected[4], "{classes} classes");
    }
}
