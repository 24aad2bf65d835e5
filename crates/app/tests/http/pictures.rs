//! Pictures: shown small and encoded anew, originals handed out inert, and
//! nothing that was uploaded ever runs.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use serde_json::json;

use crate::server::Server;

/// A picture of one of two colours, no two alike.
fn png(n: u8, side: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(side, side, |x, _| {
        if x == u32::from(n) { image::Rgb([0; 3]) } else { image::Rgb([200, 10 + n, 20 * (n % 2)]) }
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("written");
    bytes.into_inner()
}

/// The header of a PNG that promises far more pixels than anybody has.
fn bomb() -> Vec<u8> {
    let mut bytes = png(0, 8);
    // Width and height stand behind the signature and the head of the first chunk.
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, bit: u32| if bit == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |it, _| step(it, it & 1)))
}

const ACTIVE: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

#[test]
fn pictures_are_shown_small_and_nothing_that_was_uploaded_runs() {
    let server = Server::new();
    let p = server.make("Pets", &["cat", "dog"]);
    let pictures: Vec<Vec<u8>> = (0..12).map(|it| png(it, 300)).collect();
    let names: Vec<String> = (0..12).map(|it| format!("pets/{it}.png")).collect();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().zip(&pictures).map(|(name, it)| (name.as_str(), it.as_slice())).collect();
    let bomb = bomb();
    files.push(("pets/bomb.png", &bomb));
    files.push(("pets/active.svg", ACTIVE));
    files.push(("pets/active.html", ACTIVE));
    files.push(("pets/active.png", ACTIVE));
    let state = server.fill(&p, &files);
    assert_eq!(state["n_added"], 12, "{state}");
    let told: Vec<&str> = state["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["item"].as_str().expect("a name"))
        .collect();
    assert!(told.iter().any(|it| it.ends_with("bomb.png")), "{told:?}");
    assert!(told.iter().any(|it| it.ends_with("active.png")), "{told:?}");

    let item = server.post(&format!("/api/projects/{p}/items/query"), json!({ "limit": 1 }));
    let item = item.expect(200).json()["items"][0].clone();
    assert_eq!(item["content"]["width"], 300);
    let path = format!("/api/projects/{p}/items/{}", item["item"]);
    let small = server.get(&format!("{path}/image?width=96")).expect(200);
    let decoded = image::load_from_memory(&small.body).expect("a picture");
    assert_eq!((decoded.width(), decoded.height()), (96, 96));
    assert_eq!(small.header("content-type"), "image/png");
    assert_eq!(small.header("cache-control"), "private, no-cache");
    let tag = small.header("etag");
    let again = server.request("GET", &format!("{path}/image?width=96"));
    assert_eq!(again.header("if-none-match", tag).send().expect(304).body, b"");
    let hash = item["content"]["hash"].as_str().expect("a hash");
    let kept = server.get(&format!("{path}/image?width=96&v={hash}")).expect(200);
    assert!(kept.header("cache-control").ends_with("immutable"));
    assert_eq!(kept.body, small.body, "from the cache");
    assert_eq!(server.get(&format!("{path}/image?width=97")).outcome().0, 400);

    let original = server.get(&format!("{path}/original")).expect(200);
    assert!(pictures.contains(&original.body));
    assert_eq!(original.header("content-type"), "application/octet-stream");
    assert!(original.header("content-disposition").starts_with("attachment;"));
    assert_eq!(original.header("x-content-type-options"), "nosniff");
    assert!(original.header("content-security-policy").starts_with("sandbox;"));
    for path in
        ["pets/uploads/u-1/pets/active.html", "api/projects/pets/uploads/u-1/pets/active.svg"]
    {
        let reply = server.get(&format!("/{path}"));
        assert!(!reply.text().contains("alert"), "uploads have no address: {path}");
    }
}

#[test]
fn a_text_is_handed_out_inert_and_has_no_picture() {
    let server = Server::new();
    let p = server.make("Pages", &["good", "bad"]);
    let mut lines = "id,text\n".to_owned();
    for n in 0..20 {
        lines += &format!("{n},<script>alert({n})</script> is what page {n} says\n");
    }
    server.fill(&p, &[("pages.csv", lines.as_bytes())]);
    let original = server.get(&format!("/api/projects/{p}/items/1/original")).expect(200);
    assert!(original.text().starts_with("<script>"));
    assert_eq!(original.header("content-type"), "application/octet-stream");
    assert!(original.header("content-disposition").starts_with("attachment;"));
    assert!(original.header("content-security-policy").starts_with("sandbox;"));
    let picture = server.get(&format!("/api/projects/{p}/items/1/image?width=96"));
    assert_eq!(picture.outcome(), (404, "not_found".to_owned()));
}
