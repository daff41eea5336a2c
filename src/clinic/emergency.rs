//! What to call in an emergency, by country: a suggestion for whoever sets a clinic up, never more. The clinic
//! looks at it and changes it where it is wrong.

/// The numbers of a country: its name in a sentence, the number for an ambulance, and the zones that lie in it.
type Country = (&'static str, &'static str, &'static [&'static str]);

/// The number of the European Union (Directive (EU) 2018/1972, article 109) works in every member state.
const UNION: &[&str] = &[
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Bratislava",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Busingen",
    "Europe/Copenhagen",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Lisbon",
    "Europe/Ljubljana",
    "Europe/Luxembourg",
    "Europe/Madrid",
    "Europe/Malta",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Riga",
    "Europe/Rome",
    "Europe/Sofia",
    "Europe/Stockholm",
    "Europe/Tallinn",
    "Europe/Vienna",
    "Europe/Vilnius",
    "Europe/Warsaw",
    "Europe/Zagreb",
    "Asia/Nicosia",
    "Atlantic/Azores",
    "Atlantic/Canary",
    "Atlantic/Madeira",
    "Africa/Ceuta",
];

const COUNTRIES: &[Country] = &[
    ("the European Union", "112", UNION),
    (
        "the United Kingdom",
        "999",
        &["Europe/London", "Europe/Belfast", "Europe/Guernsey", "Europe/Jersey", "Europe/Isle_of_Man"],
    ),
    ("Switzerland", "144", &["Europe/Zurich"]),
    ("Norway", "113", &["Europe/Oslo"]),
    ("Iceland", "112", &["Atlantic/Reykjavik"]),
    ("Turkey", "112", &["Europe/Istanbul"]),
    (
        "the United States",
        "911",
        &[
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Los_Angeles",
            "America/Phoenix",
            "America/Anchorage",
            "America/Detroit",
            "America/Boise",
            "America/Indiana/Indianapolis",
            "America/Kentucky/Louisville",
            "Pacific/Honolulu",
        ],
    ),
    (
        "Canada",
        "911",
        &[
            "America/Toronto",
            "America/Vancouver",
            "America/Edmonton",
            "America/Winnipeg",
            "America/Halifax",
            "America/St_Johns",
            "America/Regina",
            "America/Montreal",
            "America/Moncton",
            "America/Whitehorse",
        ],
    ),
    (
        "Mexico",
        "911",
        &["America/Mexico_City", "America/Monterrey", "America/Tijuana", "America/Cancun", "America/Merida"],
    ),
    ("Brazil", "192", &["America/Sao_Paulo", "America/Bahia", "America/Fortaleza", "America/Manaus", "America/Recife"]),
    ("Argentina", "107", &["America/Argentina/Buenos_Aires", "America/Buenos_Aires"]),
    ("Chile", "131", &["America/Santiago"]),
    ("Colombia", "123", &["America/Bogota"]),
    (
        "Australia",
        "000",
        &[
            "Australia/Sydney",
            "Australia/Melbourne",
            "Australia/Brisbane",
            "Australia/Perth",
            "Australia/Adelaide",
            "Australia/Hobart",
            "Australia/Darwin",
            "Australia/Lord_Howe",
        ],
    ),
    ("New Zealand", "111", &["Pacific/Auckland", "Pacific/Chatham"]),
    ("South Africa", "10177", &["Africa/Johannesburg"]),
    ("India", "112", &["Asia/Kolkata", "Asia/Calcutta"]),
    ("Japan", "119", &["Asia/Tokyo"]),
    ("South Korea", "119", &["Asia/Seoul"]),
    ("China", "120", &["Asia/Shanghai"]),
    ("Hong Kong", "999", &["Asia/Hong_Kong"]),
    ("Singapore", "995", &["Asia/Singapore"]),
    ("Israel", "101", &["Asia/Jerusalem"]),
];

/// The usual number where this zone is, as a sentence; nothing where we do not know it.
#[must_use]
pub fn suggestion(zone: &str) -> Option<String> {
    let (country, number, _) = COUNTRIES.iter().find(|(_, _, zones)| zones.contains(&zone))?;
    Some(format!("In {country} it is usually {number}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::profile::Zone;

    #[test]
    fn the_zone_suggests_a_number_and_never_a_wrong_country() {
        assert_eq!(suggestion("Europe/London").as_deref(), Some("In the United Kingdom it is usually 999."));
        assert_eq!(suggestion("Europe/Zurich").as_deref(), Some("In Switzerland it is usually 144."));
        assert_eq!(suggestion("Antarctica/Troll"), None);
        let mut all: Vec<&str> = COUNTRIES.iter().flat_map(|(_, _, zones)| *zones).copied().collect();
        let many = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), many, "no zone lies in two countries");
        for zone in all {
            assert!(Zone::named(zone).is_ok(), "{zone} is no zone");
        }
    }
}
