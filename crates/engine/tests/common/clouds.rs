//! Texts of three classes, told apart by nothing but where they are embedded.

use annota_core::{
    diagnostic::Diagnostic,
    item::Media,
    label::ClassId,
    model::{Embedder, Input},
};

/// Places every text near the centre of its class, at this distance from the
/// middle of all, some nearer to another.
pub(crate) struct Clouds(pub(crate) f32);

impl Embedder for Clouds {
    fn id(&self) -> &'static str {
        "toy"
    }
    fn media(&self) -> Media {
        Media::Text
    }
    fn dim(&self) -> usize {
        6
    }
    fn batch_len(&self) -> usize {
        64
    }
    fn embed(&self, inputs: &[Input<'_>]) -> Vec<Result<Vec<f32>, Diagnostic>> {
        let one = |input: &Input<'_>| {
            let Input::Text(text) = input else { panic!("only texts were imported") };
            let number = text.rsplit(' ').next().and_then(|it| it.parse().ok());
            let number: usize = number.expect("texts end with their number");
            let mut rng = fastrand::Rng::with_seed(number as u64);
            let mut vector: Vec<f32> = (0..6).map(|_| rng.f32() - 0.5).collect();
            vector[gold(number).index()] += self.0;
            Ok(vector)
        };
        inputs.iter().map(one).collect()
    }
}

/// The class of text number `number`.
pub(crate) fn gold(number: usize) -> ClassId {
    ClassId((number % 3) as u16)
}

/// Their names.
pub(crate) fn colours() -> Vec<String> {
    ["red", "green", "blue"].map(str::to_owned).to_vec()
}
