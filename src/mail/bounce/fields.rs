//! The fields of a delivery notice or a complaint: groups of header-like lines, apart by an empty
//! line (RFC 3464, section 2.1), folded as headers are.

/// One group.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Every group that holds a field.
    pub(super) fn groups(body: &[u8]) -> Vec<Self> {
        let mut groups = vec![Self::default()];
        for line in String::from_utf8_lossy(body).lines() {
            let line = line.trim_end();
            if line.is_empty() {
                groups.push(Self::default());
            } else if let Some(group) = groups.last_mut() {
                group.line(line);
            }
        }
        groups.retain(|group| !group.0.is_empty());
        groups
    }

    fn line(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim_start());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            self.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// The value of the field of this name, in lower case; the first one counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_apart_by_an_empty_line_and_lines_are_unfolded() {
        let groups = Fields::groups(b"Reporting-MTA: dns; mx\r\n\r\n\r\nAction: failed\r\nDiagnostic-Code: smtp; 550\r\n  no such\r\n\tuser\r\nAction: delayed\r\nnonsense\r\n");
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[1].get("action"), Some("failed"));
        assert_eq!(groups[1].get("diagnostic-code"), Some("smtp; 550 no such user"));
        assert_eq!(groups[0].get("action"), None);
        assert!(Fields::groups(b" folded onto nothing").is_empty());
    }
}
