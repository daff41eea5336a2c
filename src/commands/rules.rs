//! `tailor` and `plan`: the rules on one visit file, without a database.

use std::io::Read;
use std::path::Path;

use crate::app;
use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::tailoring;
use crate::clinic::visit_file;

use super::brief_text::brief_text;
use super::plan_text::{plan_text, write_eml};
use super::planned::planned;
use super::{Plan, Stop, Tailor, print, print_json};

/// `aftercare tailor`.
pub(super) fn tailor(args: &Tailor) -> Result<(), Stop> {
    let (catalogue, case) = read(args)?;
    let brief = tailoring::tailor(&catalogue, &case);
    if args.json { print_json(&brief) } else { print(&brief_text(&catalogue, &case, &brief)) }
}

/// `aftercare plan`.
pub(super) fn plan(args: &Plan) -> Result<(), Stop> {
    let (catalogue, case) = read(&args.tailor)?;
    let letters = app::letters(None).map_err(Stop::failed)?;
    let document = planned(&catalogue, &letters, &case).map_err(Stop::failed)?;
    if let Some(folder) = &args.out {
        write_eml(folder, &document).map_err(Stop::failed)?;
    }
    if args.tailor.json { print_json(&document) } else { print(&plan_text(&case, &document)) }
}

/// The catalogue and the case that a command names.
fn read(args: &Tailor) -> Result<(Catalogue, Case), Stop> {
    let catalogue = app::catalogue(args.catalogue.as_deref()).map_err(Stop::wrong)?;
    let name = args.visit.display().to_string();
    let text = text_of(&args.visit).map_err(|problem| Stop::wrong(format!("{name}: {problem}")))?;
    let case = visit_file::read(&catalogue, &text).map_err(|refusal| Stop::wrong(format!("{name}: {refusal}")))?;
    Ok((catalogue, case))
}

fn text_of(path: &Path) -> Result<String, String> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| format!("cannot be read ({error}); give the path of a visit file"))?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text; save it as UTF-8".to_owned())
}
