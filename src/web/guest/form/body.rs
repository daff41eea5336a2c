//! The body a client taps, in the words of their language, and the same as a list.

use crate::clinic::body::{Region, Side};
use crate::clinic::intake::typed::{Typed, place_id};
use crate::clinic::wording::FormWords;
use crate::web::intake::map::{PressMap, is_middle};

/// A place: part of the body and side.
pub(super) type Place = (Region, Option<Side>);

/// Every place one can mark, head to foot.
fn places() -> impl Iterator<Item = Place> {
    Region::ALL.into_iter().flat_map(|region| {
        let sides: &[Option<Side>] =
            if is_middle(region) { &[None] } else { &[Some(Side::Left), Some(Side::Right), None] };
        sides.iter().map(move |side| (region, *side))
    })
}

/// "Lower back, left", as clients read it.
pub(super) fn name(words: &FormWords, (region, side): Place) -> String {
    let part = words.regions.get(&region).map_or("", String::as_str);
    let side = match side {
        Some(Side::Left) => &words.sides.left,
        Some(Side::Right) => &words.sides.right,
        Some(Side::Both) => &words.sides.both,
        None if is_middle(region) => return part.to_owned(),
        None => &words.sides.middle,
    };
    format!("{part}, {}", side.to_lowercase())
}

/// The marked places, head to foot, with their ids.
pub(super) fn marked(typed: &Typed) -> Vec<(String, Place)> {
    let all = places().map(|place| (place_id(place.0, place.1), place));
    all.filter(|(id, _)| typed.has("mark", id)).collect()
}

/// The picture, named in the client's language.
pub(super) fn map(typed: &Typed, words: &FormWords) -> PressMap {
    let mut map = PressMap::of(typed);
    for part in map.figures.iter_mut().flat_map(|figure| &mut figure.parts) {
        if let Some(place) = places().find(|place| place_id(place.0, place.1) == part.place) {
            part.name = name(words, place);
        }
    }
    map
}

/// One part of the body in the list.
#[derive(Debug)]
pub(super) struct ListRow {
    /// Its word.
    pub word: String,
    /// Place, side, whole name, and whether it is ticked.
    pub boxes: Vec<(String, String, String, bool)>,
}

/// The list, head to foot.
pub(super) fn list(typed: &Typed, words: &FormWords) -> Vec<ListRow> {
    let row = |region: Region| {
        let own = places()
            .filter(|(one, side)| *one == region && (side.is_some() || is_middle(region) || has_middle(region)));
        let boxes = own.map(|(region, side)| {
            let id = place_id(region, side);
            let word = match side {
                Some(Side::Left) => &words.sides.left,
                Some(Side::Right) => &words.sides.right,
                _ if is_middle(region) => &words.yes,
                _ => &words.sides.middle,
            };
            (id.clone(), word.clone(), name(words, (region, side)), typed.has("mark", &id))
        });
        ListRow { word: words.regions.get(&region).cloned().unwrap_or_default(), boxes: boxes.collect() }
    };
    Region::ALL.into_iter().map(row).collect()
}

/// A limb has no middle.
const fn has_middle(region: Region) -> bool {
    matches!(
        region,
        Region::UpperBack | Region::LowerBack | Region::Chest | Region::Abdomen | Region::Hip | Region::Jaw
    )
}
