//! Geometry that adds up, for nothing, one value and huge ones; and no HTML of others.

use super::scale::{Scale, short as few, ticks};
use super::*;
use crate::page::Words;

const CAPTION: Caption<'_> = Caption {
    words: Words::ENGLISH,
    id: "it",
    title: "A title <b>",
    says: "What it shows.",
    empty: "Nothing is here yet.",
};
const COUNT: Measure = Measure {
    words: Words::ENGLISH,
    name: "Answers",
    whole: 1,
    sign: "",
    exact: |_, value| value.to_string(),
};
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}\"'&";

/// Numbers of all attributes of one name.
fn attributes(page: &str, name: &str) -> Vec<i64> {
    let start = format!(" {name}=\"");
    let parts = page.split(&start).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().parse().unwrap())
        .collect()
}

/// What holds of every drawing: nothing of others is a tag, nothing is no number, no style.
fn sound(page: &Markup) -> String {
    let page = page.0.clone();
    for wrong in ["<script", "<b>", "NaN", "inf", " style=", "javascript:"] {
        assert!(!page.contains(wrong), "{wrong} in {page}");
    }
    page
}

fn point(x: u64, y: u128) -> Point {
    Point { x, y, band: None }
}

fn along(_: Words, x: u64) -> String {
    x.to_string()
}

#[test]
fn a_scale_keeps_its_ends_and_never_leaves_them() {
    for range in [
        (0, 1),
        (0, 7),
        (5, u128::MAX),
        (0, u128::MAX),
        (3, 3),
        (9, 2),
    ] {
        let scale = Scale::new(range, (200, 10));
        let (low, high) = (range.0, range.1.max(range.0.saturating_add(1)));
        assert_eq!(scale.at(low), 200, "{range:?}");
        assert_eq!(scale.at(high), 10, "{range:?}");
        for value in [0, low / 2 + high / 2, u128::MAX] {
            assert!((10..=200).contains(&scale.at(value)), "{range:?} {value}");
        }
    }
    let scale = Scale::new((0, 100), (0, 1_000));
    let places: Vec<i64> = (0..=100).map(|value| scale.at(value)).collect();
    assert!(places.windows(2).all(|pair| pair[0] + 10 == pair[1]));
}

#[test]
fn ticks_are_round_begin_at_nothing_and_reach_the_top() {
    assert_eq!(ticks(0), [0, 1]);
    assert_eq!(ticks(7), [0, 2, 4, 6, 8]);
    assert_eq!(
        ticks(1_000_000),
        [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]
    );
    for most in (1..2_000).chain([u128::from(u64::MAX), u128::MAX / 3, u128::MAX]) {
        let found = ticks(most);
        assert!(found.len() <= 7 && found[0] == 0, "{most}: {found:?}");
        assert!(
            found[found.len() - 1] >= most.min(u128::MAX / 2),
            "{most}: {found:?}"
        );
    }
    let cases = [
        (0, 1, "0"),
        (950, 1, "950"),
        (12_340, 1, "12.3k"),
        (50_000, 1_000_000, "0.05"),
        (3_000_000, 1, "3M"),
        (1_500_000, 1_000_000, "1.5"),
        (666_666, 10_000, "66.66"),
        (7, 0, "7"),
    ];
    for (value, whole, expected) in cases {
        assert_eq!(few(value, whole), expected);
    }
}

#[test]
fn nothing_is_said_in_words_and_one_value_is_drawn() {
    let none: [Markup; 7] = [
        lines(CAPTION, &[], ("Hour", along), COUNT),
        bars(CAPTION, &[], COUNT, "Place"),
        heat(
            CAPTION,
            &Matrix {
                axes: ("a", "b"),
                names: (&[], &[]),
                counts: &[],
            },
        ),
        scatter(CAPTION, &[], (COUNT, COUNT), (0, None)),
        intervals(CAPTION, &[], 10, COUNT),
        reliability(CAPTION, &[Bin::default()], along),
        sankey(CAPTION, ("x", &[]), |_, units| units.to_string()),
    ];
    for page in &none {
        let page = sound(page);
        assert!(
            page.contains("Nothing is here yet.") && !page.contains("<svg"),
            "{page}"
        );
    }
    let one = [Line {
        name: HOSTILE,
        points: vec![point(5, 0)],
    }];
    let page = sound(&lines(CAPTION, &one, ("Hour", along), COUNT));
    assert_eq!(page.matches("<circle").count(), 1);
    assert!(
        page.contains("aria-labelledby=\"it-title it-says\""),
        "{page}"
    );
    let dot = Dot {
        name: HOSTILE.to_owned(),
        x: 0,
        y: 0,
        bad: true,
    };
    assert!(sound(&scatter(CAPTION, &[dot], (COUNT, COUNT), (0, None))).contains("cross"));
}

#[test]
fn a_line_stands_within_its_axes_whatever_its_numbers() {
    let huge = Point {
        x: u64::MAX,
        y: u128::MAX,
        band: Some((0, u128::MAX)),
    };
    let flat = Point {
        x: 0,
        y: 1,
        band: Some((1, 1)),
    };
    let one = [Line {
        name: "a",
        points: vec![flat, huge],
    }];
    let page = sound(&lines(CAPTION, &one, ("Hour", along), COUNT));
    assert_eq!(attributes(&page, "cx"), [72, 704]);
    assert_eq!(attributes(&page, "cy"), [208, 12]);
    assert_eq!(page.matches("path class=\"band s1\"").count(), 1);
    assert!(page.contains("points=\"72,208 704,12\""), "{page}");
    let two = [
        Line {
            name: "a",
            points: vec![point(0, 1)],
        },
        Line {
            name: "b",
            points: vec![],
        },
    ];
    assert!(
        lines(CAPTION, &two, ("Hour", along), COUNT)
            .0
            .contains("class=\"key\"")
    );
}

#[test]
fn bars_are_as_long_as_their_part() {
    let bar = |name: &str, value: u128| Bar {
        name: name.to_owned(),
        value,
        series: 9,
    };
    let page = sound(&bars(
        CAPTION,
        &[bar(HOSTILE, 50), bar("b", 100), bar("c", 0)],
        COUNT,
        "x",
    ));
    assert_eq!(attributes(&page, "width"), [143, 286, 0]);
    let many: Vec<Bar> = (0..50).map(|value| bar("n", value)).collect();
    let page = bars(CAPTION, &many, COUNT, "x").0;
    assert_eq!(page.matches("<rect").count(), 30);
    assert!(page.contains("first 30 of 50"), "{page}");
}

#[test]
fn a_heat_map_shades_by_row_and_forgives_missing_cells() {
    let names: Vec<String> = [HOSTILE, "b"].map(str::to_owned).into();
    let matrix = Matrix {
        axes: ("was", "given"),
        names: (&names, &names),
        counts: &[vec![7, 1], vec![u64::MAX]],
    };
    let page = sound(&heat(CAPTION, &matrix));
    for class in ["cell h7", "cell h1", "cell h8", "cell h0"] {
        assert_eq!(
            page.matches(&format!("class=\"{class}\"")).count(),
            1,
            "{class} in {page}"
        );
    }
    let names: Vec<String> = (0..40).map(|name| name.to_string()).collect();
    let counts = vec![vec![1; 40]; 40];
    let wide = Matrix {
        axes: ("a", "b"),
        names: (&names, &names),
        counts: &counts,
    };
    let page = heat(CAPTION, &wide).0;
    assert_eq!(page.matches("<rect").count(), 256);
    assert_eq!(
        page.matches("scope=\"row\"").count(),
        40,
        "the table has all"
    );
}

#[test]
fn a_reliability_diagram_counts_and_a_span_has_its_range() {
    let bin = |cases, right, said_ppm| Bin {
        cases,
        right,
        said_ppm,
    };
    let bins = [bin(4, 1, 2_000_000), bin(0, 0, 0), bin(1, 9, u64::MAX)];
    let page = sound(&reliability(CAPTION, &bins, along));
    assert_eq!(
        (attributes(&page, "cx"), attributes(&page, "cy")),
        (vec![176, 300], vec![198, 12])
    );
    let span = Span {
        name: HOSTILE.to_owned(),
        value: 5,
        range: (2, u128::MAX),
    };
    let page = sound(&intervals(CAPTION, &[span], 10, COUNT));
    assert_eq!(attributes(&page, "cx"), [330]);
    assert!(
        page.contains("x1=\"234\"") && page.contains("x2=\"490\""),
        "{page}"
    );
}

#[test]
fn links_of_a_sankey_are_as_thick_as_their_part_and_both_sides_add_up() {
    let flow = |name: &str, came: bool, units: u128| Flow {
        name: name.to_owned(),
        path: None,
        came,
        why: "calls".to_owned(),
        units,
    };
    let flows = [
        flow(HOSTILE, true, 300),
        flow("model", true, 100),
        flow("owner", false, 400),
    ];
    let page = sound(&sankey(CAPTION, ("own", &flows), |_, units| {
        units.to_string()
    }));
    assert_eq!(attributes(&page, "stroke-width"), [165, 55, 220]);
    let odd: Vec<Flow> = (0..40)
        .map(|n| flow(&n.to_string(), n % 3 > 0, 1 + n))
        .collect();
    let page = sankey(CAPTION, ("own", &odd), |_, units| units.to_string()).0;
    let thick = attributes(&page, "stroke-width");
    assert!(thick.len() <= 24 && page.contains("others"), "{page}");
    assert_eq!(
        thick[..12].iter().sum::<i64>(),
        220,
        "the larger side is the whole"
    );
    let huge = [
        flow("a", true, u128::MAX),
        flow("b", true, u128::MAX),
        flow("c", false, 1),
    ];
    assert_eq!(
        attributes(
            &sound(&sankey(CAPTION, ("own", &huge), |_, _| String::new())),
            "stroke-width"
        )[2],
        1
    );
}

fn graph(nodes: &[Node], edges: &[(u64, u64)], own: u64) -> String {
    let edges: Vec<Edge> = edges
        .iter()
        .map(|(from, to)| Edge {
            from: *from,
            to: *to,
        })
        .collect();
    let graph = Dag {
        nodes,
        edges: &edges,
        own,
        whole: "/all",
    };
    sound(&dag(CAPTION, &graph, &html! {}))
}

fn nodes(count: u64) -> Vec<Node> {
    let node = |id: u64| Node {
        id,
        title: HOSTILE.to_owned(),
        kind: "model".to_owned(),
        path: format!("/assets/{id}"),
    };
    (0..count).map(node).collect()
}

#[test]
fn a_diamond_has_three_layers_and_edges_that_lead_back_are_none() {
    let page = graph(
        &nodes(4),
        &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (1, 9)],
        3,
    );
    assert_eq!(page.matches("class=\"edge\"").count(), 4);
    assert_eq!(
        attributes(&page, "x").iter().filter(|x| **x == 464).count(),
        1
    );
    assert_eq!(page.matches("class=\"node own\"").count(), 1);
    assert!(!page.contains("more"), "{page}");
}

#[test]
fn thousands_are_a_few_boxes_that_say_so() {
    let star: Vec<(u64, u64)> = (1..5_000).map(|child| (0, child)).collect();
    let page = graph(&nodes(5_000), &star, 4_321);
    assert_eq!(page.matches("<rect").count(), 17);
    assert!(
        page.contains("and 4,984 more") && page.contains("node own"),
        "{page}"
    );
    assert_eq!(page.matches("class=\"edge\"").count(), 16);
    let chain: Vec<(u64, u64)> = (1..5_000).map(|child| (child - 1, child)).collect();
    let page = graph(&nodes(5_000), &chain, 2_500);
    assert_eq!(page.matches("<rect").count(), 21);
    assert!(page.contains("Drawn are 21 of 5,000"), "{page}");
}

#[test]
fn neighbours_stand_beside_each_other() {
    // Two chains that cross if each layer is by number alone.
    let page = graph(&nodes(6), &[(0, 3), (1, 2), (2, 4), (3, 5)], 0);
    let ends = |page: &str| -> Vec<bool> {
        let paths = page.split("class=\"edge\" d=\"M").skip(1);
        paths
            .map(|path| {
                let numbers = path.split('"').next().unwrap().replace([',', 'C'], "");
                let numbers: Vec<&str> = numbers.split_whitespace().collect();
                numbers[1] == numbers[numbers.len() - 1]
            })
            .collect()
    };
    assert_eq!(ends(&page), [true; 4], "every edge is level");
}

#[test]
fn a_name_that_is_too_long_for_its_place_is_cut() {
    assert_eq!(short("twelve parts", 12), "twelve parts");
    assert_eq!(short("twelve parts", 11), "twelve part…");
    assert_eq!(short("预算中的钱", 10), "预算中的钱");
    assert_eq!(short("预算中的钱", 9), "预算中的…");
}
