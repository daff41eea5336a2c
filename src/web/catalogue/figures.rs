//! The drawing of each stretch: lines of our own, as text, so that they take the colours of the page.

/// The drawing of a stretch; none of one that somebody added.
pub(super) fn of(stretch: &str) -> Option<&'static str> {
    macro_rules! drawn {
        ($($id:literal),+ $(,)?) => {
            match stretch {
                $($id => Some(include_str!(concat!("../../../templates/catalogue/stretches/", $id, ".svg"))),)+
                _ => None,
            }
        };
    }
    drawn!(
        "gentle_walk",
        "pelvic_tilt",
        "knee_rolls",
        "knee_to_chest_single",
        "knees_to_chest_double",
        "cat_cow",
        "childs_pose",
        "piriformis_figure_four",
        "prone_press_up",
        "standing_back_bend",
        "standing_forward_bend",
        "neck_turn",
        "neck_side_tilt",
        "chin_tuck",
        "calf_wall",
        "plantar_fascia",
    )
}

#[cfg(test)]
mod tests {
    use crate::clinic::catalogue::Catalogue;

    #[test]
    fn every_stretch_that_ships_is_drawn_and_no_drawing_runs_anything() {
        for stretch in Catalogue::shipped().expect("what ships").stretches() {
            let drawing = super::of(stretch.id.as_str()).unwrap_or_else(|| panic!("{} is not drawn", stretch.id));
            assert!(drawing.starts_with("<svg class=\"stretch\"") && drawing.trim_end().ends_with("</svg>"));
            for word in ["<script", " style=", "href", "<image", " on"] {
                assert!(!drawing.contains(word), "{}: {word}", stretch.id);
            }
        }
    }
}
