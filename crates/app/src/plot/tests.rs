//! Tests of the plots: they parse, hold what they were given, and keep legends
//! off the data.

use proptest::prelude::*;

use super::{
    Bar, Bars, Bin, Confusion, Curve, CurvePoint, LearningCurve, Reliability, bars, confusion,
    learning_curve, png, reliability,
};

fn curve(name: &str, points: &[(u64, f64)]) -> Curve {
    let point = |(n_answers, value): &(u64, f64)| CurvePoint {
        n_answers: *n_answers,
        value: *value,
        band: (value - 0.05, value + 0.05),
    };
    Curve { name: name.to_owned(), points: points.iter().map(point).collect() }
}

fn learning_plot(curves: Vec<Curve>) -> LearningCurve {
    LearningCurve {
        title: "a <title> & more".to_owned(),
        measure: "accuracy".to_owned(),
        band: "mean of 10 seeds".to_owned(),
        curves,
    }
}

/// The x of the `<text>` that holds `text`.
fn x_of(svg: &str, text: &str) -> f64 {
    let line = svg.lines().find(|it| it.contains(&format!(">{text}</text>"))).expect("drawn");
    let x = line.split("x=\"").nth(1).and_then(|it| it.split('"').next());
    x.and_then(|it| it.parse().ok()).expect("a number")
}

fn size_of(png: &[u8]) -> (u32, u32) {
    let word = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (word(16), word(20))
}

#[test]
fn curves_keep_their_place_and_the_legend_its_own() {
    let plot = learning_plot(vec![
        curve("ours", &[(100, 0.5), (200, 0.9)]),
        curve("random", &[(100, 0.4), (200, 0.6)]),
    ]);
    let svg = learning_curve(&plot);
    assert!(svg.contains("a &lt;title&gt; &amp; more"));
    // The axes run from 100 to 200 answers over 84..584 pixels and, with the
    // bands, from 30 % to 100 % over 376..64.
    let ours = svg.lines().rfind(|it| it.contains("stroke-width=\"2.6\"") && !it.contains("602"));
    assert!(ours.expect("a line").contains("M84.0 286.9L584.0 108.6"), "{ours:?}");
    assert!(584.0 < x_of(&svg, "ours") && 584.0 < x_of(&svg, "random"));
}

#[test]
fn many_answers_are_spaced_by_ratio() {
    let svg =
        learning_curve(&learning_plot(vec![curve("ours", &[(10, 0.5), (100, 0.7), (1000, 0.9)])]));
    let middle = x_of(&svg, "10").midpoint(x_of(&svg, "1,000"));
    assert!((x_of(&svg, "100") - middle).abs() < 0.2);
}

#[test]
fn a_plot_becomes_a_picture_of_its_size() {
    let plot = Bars {
        title: "Coverage".to_owned(),
        axis: "share of items".to_owned(),
        is_share: true,
        parts: vec!["auto labels".to_owned(), "people".to_owned()],
        bars: vec![Bar { name: "酒店".to_owned(), values: vec![0.75, 0.125], rival: Some(0.5) }],
    };
    let svg = bars(&plot, Some("target"));
    assert!(svg.contains(">87.5 %<") && svg.contains(">against 50.0 %<") && svg.contains("酒店"));
    let width = svg.split("width=\"").nth(1).and_then(|it| it.split('"').next());
    let width: f64 = width.and_then(|it| it.parse().ok()).expect("a number");
    let png = png(&svg, 2.0).expect("a plot");
    assert_eq!(size_of(&png).0, (width * 2.0).ceil() as u32);
}

#[test]
fn large_matrices_list_what_is_confused_most() {
    let classes: Vec<String> = (0..40).map(|it| format!("class {it}")).collect();
    let mut counts = vec![vec![0; 40]; 40];
    counts[3][5] = 17;
    counts[8][9] = 4;
    let svg = confusion(&Confusion { title: "many".to_owned(), classes, counts });
    let first = svg.find("class 3 → class 5").expect("listed");
    assert!(first < svg.find("class 8 → class 9").expect("listed"));
    assert!(svg.contains("21 items, 0.0 % right"));
}

#[test]
fn small_matrices_show_every_count() {
    let classes = vec!["good".to_owned(), "bad".to_owned()];
    let counts = vec![vec![1234, 5], vec![0, 67]];
    let svg = confusion(&Confusion { title: "two".to_owned(), classes, counts });
    assert!(
        svg.contains(">1,234</text>") && svg.contains(">5</text>") && svg.contains(">67</text>")
    );
    assert!(!svg.contains(">0</text>"), "empty cells stay empty");
    assert!(svg.contains("1,306 items, 99.6 % right"));
}

fn any_share() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..=1.0, Just(0.0), Just(1.0), Just(f64::NAN)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_curves_can_be_drawn(
        curves in prop::collection::vec(
            (".{0,12}", prop::collection::vec((any::<u32>(), any_share()), 0..6)), 0..9)
    ) {
        let curves = curves
            .into_iter()
            .map(|(name, mut points)| {
                points.sort_by_key(|it| it.0);
                let points: Vec<_> = points.iter().map(|it| (u64::from(it.0), it.1)).collect();
                curve(&name, &points)
            })
            .collect();
        let svg = learning_curve(&learning_plot(curves));
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        prop_assert!(png(&svg, 0.1).is_ok());
    }

    #[test]
    fn any_calibration_can_be_drawn(
        bins in prop::collection::vec((0.0..=1.0, 0.0..=1.0, any::<u32>()), 0..15)
    ) {
        let n = bins.len() as f64;
        let bins = bins
            .into_iter()
            .enumerate()
            .map(|(i, (confidence, accuracy, count))| Bin {
                range: (i as f64 / n, (i as f64 + 1.0) / n),
                confidence,
                accuracy,
                interval: (count % 2 == 0).then_some((accuracy / 2.0, accuracy)),
                n: u64::from(count),
            })
            .collect();
        let svg = reliability(&Reliability { title: "any".to_owned(), ece: 0.1, bins });
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        prop_assert!(png(&svg, 0.1).is_ok());
    }

    #[test]
    fn any_matrix_can_be_drawn(n in 0_usize..45, counts in prop::collection::vec(any::<u32>(), 2025)) {
        let counts = (0..n).map(|i| counts[i * n..][..n].iter().map(|it| u64::from(*it)).collect());
        let plot = Confusion {
            title: "any".to_owned(),
            classes: (0..n).map(|it| "&<x>".repeat(it)).collect(),
            counts: counts.collect(),
        };
        let svg = confusion(&plot);
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        prop_assert!(png(&svg, 0.1).is_ok());
    }

    #[test]
    fn any_bars_can_be_drawn(
        values in prop::collection::vec(prop::collection::vec(0.0..1e9_f64, 0..6), 0..8),
        is_share in any::<bool>(),
    ) {
        let bar = |values: Vec<f64>| Bar { name: "bar".to_owned(), values, rival: None };
        let plot = Bars {
            title: "any".to_owned(),
            axis: "human answers".to_owned(),
            is_share,
            parts: (0..6).map(|it| format!("part number {it}")).collect(),
            bars: values.into_iter().map(bar).collect(),
        };
        let svg = bars(&plot, None);
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        prop_assert!(png(&svg, 0.1).is_ok());
    }
}
