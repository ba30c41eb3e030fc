//! Which known tasks become gold: classes shown equally often, drawn by a secret.

use protocol::Hash;
use std::collections::BTreeMap;

/// A task with the known labels of its units.
type Known = (u32, Vec<u16>);

/// Chooses at most `most` tasks among the known ones, so that the labels of all their units differ
/// by at most one in number. `known` has tasks with the labels of their units, ascending; `secret`
/// draws. Fewer come back, or none, where the known answers do not allow for more.
pub fn choose(known: &[Known], most: usize, secret: &Hash) -> Vec<u32> {
    let mut drawn: Vec<(&Known, [u8; 32])> = known
        .iter()
        .map(|task| {
            let place = task.0.to_be_bytes();
            (
                task,
                proof::hash::sha256(&[b"headwater/gold-draw/v1\0", &secret.0, &place]),
            )
        })
        .collect();
    drawn.sort_by_key(|(_, draw)| *draw);
    let tasks: Vec<&Known> = drawn.into_iter().map(|(task, _)| task).collect();
    let single = tasks.iter().all(|(_, labels)| labels.len() == 1);
    let mut chosen = if single {
        by_class(&tasks, most)
    } else {
        by_sum(&tasks, most)
    };
    chosen.sort_unstable();
    chosen
}

/// As many of each class, over the classes that give the most gold in all.
fn by_class(tasks: &[&Known], most: usize) -> Vec<u32> {
    let mut of_class: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (task, labels) in tasks {
        of_class.entry(labels[0]).or_default().push(*task);
    }
    let mut classes: Vec<Vec<u32>> = of_class.into_values().collect();
    classes.sort_by_key(|tasks| std::cmp::Reverse(tasks.len()));
    let best = (2..=classes.len()).max_by_key(|used| {
        let each = classes[used - 1].len().min(most / used);
        (each * used, *used)
    });
    let Some(used) = best else {
        return Vec::new();
    };
    let each = classes[used - 1].len().min(most / used);
    let taken = classes[..used].iter().flat_map(|tasks| &tasks[..each]);
    taken.copied().collect()
}

/// Tasks of several yes/no units: taken one by one as long as both answers stay near each other,
/// then cut back to the last point at which they were equal.
fn by_sum(tasks: &[&Known], most: usize) -> Vec<u32> {
    let lean = |labels: &[u16]| {
        let yes = labels.iter().filter(|label| **label == 1).count() as i64;
        2 * yes - labels.len() as i64
    };
    // Among so many there is always one that fits; all of them would take squared time.
    let mut left: Vec<&Known> = tasks.iter().take(4 * most + 64).copied().collect();
    let (mut chosen, mut sum, mut even) = (Vec::new(), 0_i64, 0);
    while chosen.len() < most {
        let better = |(_, task): &(usize, &&Known)| (sum + lean(&task.1)).abs();
        let Some((place, _)) = left.iter().enumerate().min_by_key(better) else {
            break;
        };
        let (task, labels) = left.remove(place);
        sum += lean(labels);
        chosen.push(*task);
        if sum.abs() <= 1 {
            even = chosen.len();
        }
    }
    chosen.truncate(even);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(known: &[Known], chosen: &[u32]) -> Vec<u16> {
        let of = |task: &u32| &known.iter().find(|(own, _)| own == task).expect("known").1;
        chosen.iter().flat_map(of).copied().collect()
    }

    #[test]
    fn gold_shows_its_classes_equally_often() {
        let known: Vec<Known> = (0..100)
            .map(|task| {
                (
                    task,
                    vec![if task < 90 { 0 } else { 1 + (task as u16) % 2 }],
                )
            })
            .collect();
        for most in 0..40 {
            let chosen = choose(&known, most, &Hash([7; 32]));
            assert!(chosen.len() <= most);
            assert!(ledger::decide::balanced(
                labels(&known, &chosen).into_iter()
            ));
        }
        assert_eq!(
            choose(&known, 40, &Hash([7; 32])).len(),
            15,
            "five of each class"
        );
        let one: Vec<Known> = (0..9).map(|task| (task, vec![3])).collect();
        assert!(
            choose(&one, 9, &Hash([7; 32])).is_empty(),
            "one class shows nothing"
        );
    }

    #[test]
    fn gold_of_several_choices_has_as_many_yes_as_no() {
        let known: Vec<Known> = (0..60)
            .map(|task| {
                let bits = (task * 7 + 3) % 16;
                (task, (0..4).map(|bit| ((bits >> bit) & 1) as u16).collect())
            })
            .collect();
        let chosen = choose(&known, 20, &Hash([9; 32]));
        assert!(chosen.len() > 10, "{chosen:?}");
        assert!(ledger::decide::balanced(
            labels(&known, &chosen).into_iter()
        ));
    }
}
