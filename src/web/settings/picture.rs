//! A logo as it was handed in becomes a logo as it is kept: looked at with limits, made small, laid on white, and
//! written anew. Nothing of the file itself is kept, so nothing that hides in one can reach a client.

use std::io::Cursor;

use axum::body::Bytes;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader, Limits, Rgba,
    RgbaImage, imageops,
};
use tokio::sync::Semaphore;

use crate::clinic::look::LogoName;
use crate::store::look::NewLogo;
use crate::web::error::Error;
use crate::web::upload::MOST_BYTES;

/// No side is longer, in pixels.
const LONGEST_SIDE: u32 = 4000;

/// No picture takes more when it is unpacked: a few bytes can stand for a wall of pixels.
const MOST_UNPACKED: u64 = 48 << 20;

/// What is kept fits into this, wide and high: twice as fine as it is shown.
const FITS: (u32, u32) = (320, 96);

/// So much white stands around it, so that it does not touch a coloured bar.
const MARGIN: u32 = 8;

/// It goes out with every email: larger ones are made smaller still.
const MOST_KEPT: usize = 24 << 10;

const NOT_A_PICTURE: &str = "This is not a PNG, JPEG, WebP or GIF picture. Drawings (SVG) and documents are not taken: save the logo as a PNG picture.";
const DAMAGED: &str = "This picture cannot be read: it is damaged or not whole. Save the logo once more as PNG.";

/// One at a time: each may take a hundred times what a page does.
static PLACE: Semaphore = Semaphore::const_new(1);

/// The logo to keep; inside, a sentence for beside the field.
///
/// # Errors
/// When the program is ending.
pub(super) async fn logo_of(bytes: Bytes) -> Result<Result<NewLogo, String>, Error> {
    let place = PLACE.acquire().await.map_err(|_| Error::Broken)?;
    let work = move || {
        let made = made(&bytes);
        drop(place);
        made
    };
    // Whatever a picture does to the one who reads it, the house stands.
    Ok(tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(DAMAGED.into())))
}

fn made(bytes: &[u8]) -> Result<NewLogo, String> {
    if bytes.is_empty() {
        return Err("Choose a picture on your computer first.".into());
    }
    if bytes.len() > MOST_BYTES {
        let size = bytes.len() >> 10;
        return Err(format!(
            "This picture has {size} KB, and at most {} are taken. Save it smaller, such as 1000 pixels wide.",
            MOST_BYTES >> 10
        ));
    }
    let picture = on_white(read(bytes)?);
    let (width, height) = (picture.width(), picture.height());
    let mut room = (FITS.0 - 2 * MARGIN, FITS.1 - 2 * MARGIN);
    loop {
        let (wide, high) = fitted((width, height), room);
        let small = if (wide, high) == (width, height) {
            picture.clone()
        } else {
            imageops::resize(&picture, wide, high, imageops::FilterType::Lanczos3)
        };
        let framed = framed(&small);
        let png = encoded(&framed)?;
        if png.len() <= MOST_KEPT || room.1 < 2 * MARGIN {
            return Ok(NewLogo { name: LogoName::of(&png), width: framed.width(), height: framed.height(), png });
        }
        room = (room.0 * 4 / 5, room.1 * 4 / 5);
    }
}

/// The first picture of a file, the right way up. What it would take is asked before it is unpacked.
fn read(bytes: &[u8]) -> Result<DynamicImage, String> {
    let damaged = |_| DAMAGED.to_owned();
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| DAMAGED.to_owned())?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif)) {
        return Err(NOT_A_PICTURE.into());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_UNPACKED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width > LONGEST_SIDE || height > LONGEST_SIDE {
        return Err(format!(
            "This picture is {width} by {height} pixels, and no side may be longer than {LONGEST_SIDE}. Save it smaller, such as 1000 pixels wide."
        ));
    }
    if decoder.total_bytes() > MOST_UNPACKED {
        return Err(format!(
            "This picture has too many pixels: {width} by {height}. Save it smaller, such as 1000 pixels wide."
        ));
    }
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

/// Laid on white, as on paper: a logo drawn for paper stays what it is on a dark screen and on any colour.
fn on_white(picture: DynamicImage) -> RgbaImage {
    let mut picture = picture.into_rgba8();
    for Rgba([red, green, blue, alpha]) in picture.pixels_mut() {
        let cover = u16::from(*alpha);
        for part in [red, green, blue] {
            let mixed = (u16::from(*part) * cover + 255 * (255 - cover) + 127) / 255;
            *part = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        *alpha = u8::MAX;
    }
    picture
}

/// A size of the same shape that fits; never larger than it was.
fn fitted((width, height): (u32, u32), (wide, high): (u32, u32)) -> (u32, u32) {
    if width <= wide && height <= high {
        (width, height)
    } else if width * high > height * wide {
        (wide, (height * wide / width).max(1))
    } else {
        ((width * high / height).max(1), high)
    }
}

fn framed(picture: &RgbaImage) -> RgbaImage {
    let (width, height) = (picture.width() + 2 * MARGIN, picture.height() + 2 * MARGIN);
    let mut framed = RgbaImage::from_pixel(width, height, Rgba([u8::MAX; 4]));
    imageops::replace(&mut framed, picture, i64::from(MARGIN), i64::from(MARGIN));
    framed
}

fn encoded(picture: &RgbaImage) -> Result<Vec<u8>, String> {
    let (width, height) = (picture.width(), picture.height());
    let colours: Vec<u8> = picture.pixels().flat_map(|Rgba([red, green, blue, _])| [*red, *green, *blue]).collect();
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
        .write_image(&colours, width, height, ExtendedColorType::Rgb8)
        .map_err(|_| DAMAGED.to_owned())?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbaImage::from_fn(width, height, |x, y| Rgba(colour(x, y)));
        picture.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
        bytes.into_inner()
    }

    /// Different everywhere, so that it does not pack.
    fn noise(x: u32, y: u32) -> [u8; 4] {
        let mixed = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761);
        let [a, b, c, _] = mixed.to_be_bytes();
        [a, b ^ c, c, 255]
    }

    fn shown(logo: &NewLogo) -> RgbaImage {
        image::load_from_memory_with_format(&logo.png, ImageFormat::Png).expect("a PNG").into_rgba8()
    }

    #[test]
    fn a_logo_becomes_small_and_stands_on_white() {
        let logo = made(&png(1200, 300, |x, _| if x < 600 { [200, 0, 0, 255] } else { [0, 0, 0, 0] })).expect("taken");
        assert_eq!((logo.width, logo.height), (320, 92));
        let picture = shown(&logo);
        assert_eq!((picture.width(), picture.height()), (320, 92));
        assert_eq!(picture.get_pixel(2, 2).0, [255; 4], "a white margin");
        assert_eq!(picture.get_pixel(40, 46).0, [200, 0, 0, 255]);
        assert_eq!(picture.get_pixel(280, 46).0, [255; 4], "what can be seen through becomes white");
        assert_eq!(logo.name, LogoName::of(&logo.png));
        let tiny = made(&png(10, 6, |_, _| [1, 2, 3, 255])).expect("taken");
        assert_eq!((tiny.width, tiny.height), (26, 22), "never enlarged");
    }

    #[test]
    fn every_kind_is_taken_and_none_is_kept_as_it_came() {
        for kind in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let mut bytes = Cursor::new(Vec::new());
            let picture = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(80, 40, image::Rgb([10, 90, 99])));
            picture.write_to(&mut bytes, kind).expect("a picture");
            let mut bytes = bytes.into_inner();
            bytes.extend(b"<script>alert(1)</script>PK\x03\x04");
            let logo = made(&bytes).unwrap_or_else(|problem| panic!("{kind:?}: {problem}"));
            assert!(
                logo.png.starts_with(b"\x89PNG") && !logo.png.windows(7).any(|part| part == b"<script"),
                "{kind:?}"
            );
            let [red, green, blue, _] = shown(&logo).get_pixel(48, 28).0;
            assert!(
                red.abs_diff(10) < 6 && green.abs_diff(90) < 6 && blue.abs_diff(99) < 6,
                "{kind:?} {red} {green} {blue}"
            );
        }
    }

    #[test]
    fn what_does_not_pack_is_made_smaller_until_it_suits_an_email() {
        let logo = made(&png(640, 192, noise)).expect("taken");
        assert!(logo.png.len() <= MOST_KEPT, "{} bytes", logo.png.len());
        assert!(logo.width > 100, "{} wide", logo.width);
    }

    #[test]
    fn what_is_no_picture_is_refused_with_a_sentence() {
        let huge = {
            // A head that promises sixty thousand pixels a side, and nothing behind it.
            let mut bytes = png(1, 1, |_, _| [0; 4]);
            bytes[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
            let sum = crc(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.to_be_bytes());
            bytes
        };
        let half = {
            let whole = png(64, 64, noise);
            whole[..whole.len() / 2].to_vec()
        };
        let drawing = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#;
        for (what, bytes, says) in [
            ("nothing", Vec::new(), "Choose a picture"),
            ("a drawing", drawing.to_vec(), "Drawings (SVG)"),
            ("a page", b"<!doctype html><script>alert(1)</script>".to_vec(), "not a PNG"),
            ("a page with the head of a GIF", b"GIF89a\x08\0\x08\0\0\0\0<script>alert(1)</script>".to_vec(), "damaged"),
            ("a bitmap", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0".to_vec(), "not a PNG"),
            ("half a picture", half, "damaged"),
            ("too many pixels", huge, "60000 by 60000 pixels"),
            ("a long side", png(4001, 1, |_, _| [0; 4]), "no side may be longer than 4000"),
            ("too large", vec![0; MOST_BYTES + 1], "at most 2048 are taken"),
        ] {
            let problem = made(&bytes).expect_err(what);
            assert!(problem.contains(says), "{what}: {problem}");
        }
    }

    #[test]
    fn a_wall_of_pixels_in_a_few_bytes_is_refused_before_it_is_unpacked() {
        let mut bytes = Cursor::new(Vec::new());
        let wall = image::ImageBuffer::<Rgba<u16>, _>::from_pixel(3000, 3000, Rgba([0, 0, 0, u16::MAX]));
        DynamicImage::ImageRgba16(wall).write_to(&mut bytes, ImageFormat::Png).expect("a picture");
        let bytes = bytes.into_inner();
        assert!(bytes.len() < MOST_BYTES, "{}", bytes.len());
        let problem = made(&bytes).expect_err("72 MB of pixels");
        assert!(problem.contains("too many pixels: 3000 by 3000"), "{problem}");
    }

    /// The check sum of a piece of a PNG.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
        })
    }
}
