//! `aftercare import`, `aftercare export` and `aftercare erase`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{Place, document, printed, refused};

const LIST: &str = "\u{feff}last_name;first_name;born;email;phone\r\n\
    Okafor;Cleo;1988-02-29;cleo@example.org;01 234 567\r\n\
    Núñez;\"=HYPERLINK(\"\"x\"\")\";;;'+44 20 7946 0000\r\n\r\n";

fn house() -> Place {
    let place = Place::new();
    printed(&place.run(&["clinic", "add", "Riverside", "--zone", "Europe/London"]));
    place
}

fn ids(place: &Place) -> Vec<String> {
    printed(&place.run(&["export", "all", "ids"]));
    let lines = std::fs::read_to_string(place.path().join("ids/clients.jsonl")).expect("lines");
    std::fs::remove_dir_all(place.path().join("ids")).expect("removed");
    let id = |line: &str| {
        let document: Value = serde_json::from_str(line).expect("a document a line");
        document["client"]["id"].as_str().expect("an id").to_owned()
    };
    lines.lines().map(id).collect()
}

#[test]
fn a_register_comes_in_and_goes_out_again_and_a_person_is_erased() {
    let place = house();
    place.write("list.csv", LIST);
    let looked = printed(&place.run(&["import", "clients", "list.csv", "--dry-run"]));
    assert_eq!(looked, "Riverside: 2 clients would be registered; 0 lines were left out.\n");
    let done = printed(&place.run(&["import", "clients", "list.csv"]));
    assert_eq!(done, "Riverside: 2 clients are registered; 0 lines were left out.\n");
    refused(&place.run(&["import", "clients", "list.csv"]), 2, "line 2, first_name: \"Cleo Okafor\": may be client ");
    let again = document(&place.run(&["import", "clients", "list.csv", "--skip-alike", "--json"]));
    assert_eq!((&again["new"], again["left_out"].as_array().map(Vec::len)), (&json!(0), Some(2)));

    let ids = ids(&place);
    assert_eq!(ids.len(), 2);
    let cleo = document(&place.run(&["export", "client", &ids[0]]));
    assert_eq!((&cleo["client"]["first_name"], &cleo["client"]["born"]), (&json!("Cleo"), &json!("1988-02-29")));
    assert_eq!((&cleo["format"], &cleo["clinic"]["name"]), (&json!(1), &json!("Riverside")));
    let deeds: Vec<&Value> = cleo["audit"].as_array().expect("deeds").iter().map(|deed| &deed["action"]).collect();
    assert_eq!(deeds, [&json!("client.registered"), &json!("client.exported")]);

    printed(&place.run(&["export", "all", "out"]));
    let mode = std::fs::metadata(place.path().join("out")).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "its owner alone");
    let table = csv::Reader::from_path(place.path().join("out/client.csv")).expect("a table").into_records();
    let rows: Vec<csv::StringRecord> = table.map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 2);
    let cells: Vec<&str> = rows.iter().flat_map(csv::StringRecord::iter).collect();
    assert!(cells.contains(&"'=HYPERLINK(\"x\")") && cells.contains(&"'+44 20 7946 0000"), "{cells:?}");
    for cell in cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell} could run");
    }
    let index: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("out/index.json")).expect("an index")).expect("JSON");
    assert_eq!((&index["format"], &index["rows"]["client"]), (&json!(1), &json!(2)));
    refused(&place.run(&["export", "all", "out"]), 2, "out: is there already");

    // Nobody is there to answer, so nothing happens.
    let asked = place.run(&["erase", "client", &ids[0]]);
    refused(&asked, 2, "nothing was erased, since nobody said yes; add --yes. Cleo and all that is kept about them go");
    let erased = document(&place.run(&["erase", "client", &ids[0], "--yes", "--json"]));
    assert_eq!((&erased["erased"], &erased["client"]), (&json!(true), &json!(ids[0])));
    for command in [["export", "client", &ids[0]], ["erase", "client", &ids[0]]] {
        refused(&place.run(&command), 2, "is no client here");
    }
    let file = std::fs::read(place.path().join("aftercare.db")).expect("the file");
    assert!(!file.windows(16).any(|part| part == b"cleo@example.org"), "the file still tells");
    assert_eq!(self::ids(&place), [ids[1].clone()]);
}

#[test]
fn a_file_with_wrong_lines_changes_nothing_and_names_each() {
    let place = house();
    place.write(
        "wrong.csv",
        "first_name,last_name,email,born\nCleo,Okafor,nobody@,1988-02-30\nAda,Lovelace,,\n,Muster,,\na,b,c\n",
    );
    let output = place.run(&["import", "clients", "wrong.csv"]);
    refused(&output, 2, "wrong.csv: nothing was taken: line 2, born: \"1988-02-30\": ");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in ["line 2, email: \"nobody@\"", "line 4, first_name: \"\"", "line 5, line: \"a,b,c\": has 3 cells"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let listed = place.run(&["import", "clients", "wrong.csv", "--json"]);
    assert_eq!(listed.status.code(), Some(2));
    let listed = document(&listed);
    assert_eq!((&listed["new"], listed["errors"].as_array().map(Vec::len)), (&json!(0), Some(4)));
    assert_eq!(ids(&place).len(), 0);

    for (text, says) in [
        ("first_name,surname\nA,B\n", "\"surname\" is no column that is known"),
        ("first_name\nA\n", "the column last_name is missing"),
        ("first_name,last_name,first_name\nA,B,C\n", "is there twice"),
        ("first_name,last_name\n", "holds no client"),
        ("", "the column first_name is missing"),
    ] {
        place.write("odd.csv", text);
        refused(&place.run(&["import", "clients", "odd.csv"]), 2, says);
    }
    std::fs::write(place.path().join("latin.csv"), b"first_name,last_name\nZo\xeb,B\n").expect("written");
    refused(&place.run(&["import", "clients", "latin.csv"]), 2, "is not UTF-8");
    refused(&place.run(&["import", "clients", "gone.csv"]), 2, "gone.csv: cannot be read");
    // Two lines of one file that may be one person.
    place.write("twice.csv", "first_name,last_name,born\nCleo,Okafor,1988-02-29\nCleo,Okafor,1988-02-29\n");
    refused(&place.run(&["import", "clients", "twice.csv"]), 2, "line 3, first_name: \"Cleo Okafor\": may be client ");
    let taken = printed(&place.run(&["import", "clients", "twice.csv", "--take-alike"]));
    assert!(taken.starts_with("Riverside: 2 clients are registered"), "{taken}");
    refused(&place.run(&["export", "client", "none"]), 2, "\"none\" is no client here");
    refused(&place.run(&["export", "all", "no/such"]), 2, "the folder no is not there");
}
