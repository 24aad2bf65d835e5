//! The catalogue of query strategies: names, descriptions, what each needs.
//!
//! The one-line descriptions are the first lines of the strategies' doc
//! comments; a test keeps the two in step.

/// A query strategy by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// [`random`](super::random())
    Random,
    /// [`entropy`](super::entropy())
    Entropy,
    /// [`margin`](super::margin())
    Margin,
    /// [`least_confidence`](super::least_confidence())
    LeastConfidence,
    /// [`k_means`](super::k_means())
    KMeans,
    /// [`typiclust`](super::typiclust())
    TypiClust,
    /// [`k_center`](super::k_center())
    KCenter,
    /// [`badge`](super::badge())
    Badge,
    /// [`prob_cover`](super::prob_cover())
    ProbCover,
    /// [`drop_query`](super::drop_query())
    DropQuery,
    /// [`uherding`](super::uherding())
    Uherding,
    /// [`discriminative`](super::discriminative())
    Discriminative,
}

impl Strategy {
    /// Every strategy, in the order shown to users.
    pub fn all() -> [Strategy; 12] {
        [
            Strategy::Random,
            Strategy::Entropy,
            Strategy::Margin,
            Strategy::LeastConfidence,
            Strategy::KMeans,
            Strategy::TypiClust,
            Strategy::KCenter,
            Strategy::Badge,
            Strategy::ProbCover,
            Strategy::DropQuery,
            Strategy::Uherding,
            Strategy::Discriminative,
        ]
    }

    /// The name on the command line and in files: snake case.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Random => "random",
            Strategy::Entropy => "entropy",
            Strategy::Margin => "margin",
            Strategy::LeastConfidence => "least_confidence",
            Strategy::KMeans => "k_means",
            Strategy::TypiClust => "typiclust",
            Strategy::KCenter => "k_center",
            Strategy::Badge => "badge",
            Strategy::ProbCover => "prob_cover",
            Strategy::DropQuery => "drop_query",
            Strategy::Uherding => "uherding",
            Strategy::Discriminative => "discriminative",
        }
    }

    /// The strategy called `name`; dashes may stand for underscores.
    pub fn from_name(name: &str) -> Option<Strategy> {
        let name = name.replace('-', "_");
        Strategy::all().into_iter().find(|it| it.name() == name)
    }

    /// What it chooses, in one line.
    pub fn description(self) -> &'static str {
        match self {
            Strategy::Random => "Random sampling: rows drawn uniformly.",
            Strategy::Entropy => {
                "Entropy sampling: the rows whose predicted distribution is flattest."
            }
            Strategy::Margin => {
                "Margin sampling: the rows whose two likeliest classes are closest."
            }
            Strategy::LeastConfidence => {
                "Least confidence: the rows whose likeliest class is least likely."
            }
            Strategy::KMeans => "k-means: the rows nearest the centroids of the unlabelled rows.",
            Strategy::TypiClust => {
                "TypiClust: the most typical row of each cluster without a label."
            }
            Strategy::KCenter => "k-center greedy: repeatedly the row farthest from every label.",
            Strategy::Badge => "BADGE: rows whose gradients would be large and unlike each other.",
            Strategy::ProbCover => {
                "ProbCover: the rows whose neighbourhoods cover most of the pool."
            }
            Strategy::DropQuery => {
                "DropQuery: a spread of the rows whose prediction changes under dropout."
            }
            Strategy::Uherding => {
                "UHerding: the rows that cover most of what the model is unsure about."
            }
            Strategy::Discriminative => {
                "Discriminative: the rows most easily told apart from the labelled ones."
            }
        }
    }

    /// Whether it asks what the model predicts; without predictions it draws at
    /// random.
    pub fn needs_predictions(self) -> bool {
        matches!(
            self,
            Strategy::Entropy
                | Strategy::Margin
                | Strategy::LeastConfidence
                | Strategy::Badge
                | Strategy::DropQuery
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Strategy;

    const SOURCES: [&str; 12] = [
        include_str!("random.rs"),
        include_str!("entropy.rs"),
        include_str!("margin.rs"),
        include_str!("least_confidence.rs"),
        include_str!("k_means.rs"),
        include_str!("typiclust.rs"),
        include_str!("k_center.rs"),
        include_str!("badge.rs"),
        include_str!("prob_cover.rs"),
        include_str!("drop_query.rs"),
        include_str!("uherding.rs"),
        include_str!("discriminative.rs"),
    ];

    #[test]
    fn descriptions_are_the_first_lines_of_the_doc_comments() {
        for (strategy, source) in Strategy::all().into_iter().zip(SOURCES) {
            let function = format!("pub fn {}(", strategy.name());
            let (before, _) = source.split_once(&function).expect("a file of its own");
            let doc = before.lines().rev().take_while(|it| it.starts_with("///"));
            let first = doc.last().map(|it| it.trim_start_matches("/// "));
            assert_eq!(first, Some(strategy.description()), "{}", strategy.name());
        }
    }

    #[test]
    fn names_and_strategies_are_inverse() {
        for strategy in Strategy::all() {
            assert_eq!(Strategy::from_name(strategy.name()), Some(strategy));
        }
        assert_eq!(Strategy::from_name("k-center"), Some(Strategy::KCenter));
        assert_eq!(Strategy::from_name("smart"), None);
    }
}
