//! Which bundled model suits the data.

use annota_core::model::Input;

use crate::{ModelSpec, image};

/// From this share of letters on that are Han characters, texts are Chinese.
const HAN_SHARE: f64 = 0.1;

/// The bundled model that suits `sample`, a few hundred inputs drawn from the
/// data, or `None` if it is empty.
///
/// Pictures: `efficientnet-lite0` at an input size that suits their median
/// size. Texts: `multilingual-e5-small-zh-en` if at least a tenth of the
/// letters are Han characters, else `all-minilm-l6-v2`. A mixed sample counts
/// as what most of it is, ties as text.
pub fn choose(sample: &[Input<'_>]) -> Option<ModelSpec> {
    let pictures: Vec<&[u8]> = sample
        .iter()
        .filter_map(|it| if let Input::Image(bytes) = it { Some(*bytes) } else { None })
        .collect();
    let texts: Vec<&str> = sample
        .iter()
        .filter_map(|it| if let Input::Text(text) = it { Some(*text) } else { None })
        .collect();
    if sample.is_empty() {
        None
    } else if texts.len() < pictures.len() {
        let input_size = Some(input_size(&pictures));
        Some(ModelSpec { input_size, ..ModelSpec::new("efficientnet-lite0") })
    } else if HAN_SHARE <= han_share(&texts) {
        Some(ModelSpec::new("multilingual-e5-small-zh-en"))
    } else {
        Some(ModelSpec::new("all-minilm-l6-v2"))
    }
}

/// Input side for pictures of this median short side: the next multiple of 32
/// from 160 to 224. Unreadable pictures do not count.
///
/// 32-pixel pictures lose 3 points of accuracy at 128 pixels, and win nothing
/// beyond 160.
fn input_size(pictures: &[&[u8]]) -> u32 {
    let mut sides: Vec<u32> = pictures
        .iter()
        .filter_map(|it| image::dimensions(it))
        .map(|(width, height)| width.min(height))
        .collect();
    sides.sort_unstable();
    let median = sides.get(sides.len() / 2).copied().unwrap_or(224);
    median.next_multiple_of(32).clamp(160, 224)
}

/// Share of letters that are Han characters.
fn han_share(texts: &[&str]) -> f64 {
    let (mut han, mut letters) = (0_u64, 0_u64);
    for letter in texts.iter().flat_map(|it| it.chars().take(2_000)).filter(|it| it.is_alphabetic())
    {
        letters += 1;
        han += u64::from(is_han(letter));
    }
    if letters == 0 { 0.0 } else { han as f64 / letters as f64 }
}

/// The blocks of CJK ideographs in Unicode.
fn is_han(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF
    )
}

#[cfg(test)]
mod tests {
    use annota_core::model::Input;

    use super::choose;

    fn chosen(sample: &[Input<'_>]) -> String {
        choose(sample).expect("a sample").to_string()
    }

    fn png(side: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::DynamicImage::new_rgb8(side, side + 40);
        picture.write_to(&mut bytes, image::ImageFormat::Png).expect("written");
        bytes.into_inner()
    }

    #[test]
    fn texts_are_chinese_from_a_tenth_of_han_letters_on() {
        let english = Input::Text("the room was clean and the staff friendly");
        assert_eq!(chosen(&[english]), "all-minilm-l6-v2");
        assert_eq!(chosen(&[Input::Text("房间很干净，服务也好")]), "multilingual-e5-small-zh-en");
        assert_eq!(chosen(&[english, Input::Text("房间很好")]), "multilingual-e5-small-zh-en");
        assert_eq!(chosen(&[english, Input::Text("房间")]), "all-minilm-l6-v2");
        assert_eq!(chosen(&[Input::Text("1234 !?")]), "all-minilm-l6-v2");
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn small_pictures_are_not_blown_up_to_224_pixels() {
        for (side, size) in [(28, 160), (140, 160), (161, 192), (192, 192), (500, 224)] {
            let bytes = png(side);
            let expected = format!("efficientnet-lite0@{size}");
            assert_eq!(chosen(&[Input::Image(&bytes), Input::Image(b"broken")]), expected);
        }
    }
}
