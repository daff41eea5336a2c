//! Quoted-printable (RFC 2045, 6.7) for text. The encoder that comes with the message builder costs
//! more than filling the letter; this one passes over each octet once.

/// The longest line, with the sign that it goes on.
const LONGEST: usize = 76;

/// The text in lines of at most 76 octets, all ASCII, ending in CR LF.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8 + 16);
    let (mut at, mut column) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        // Most of a letter is plain runs: they are copied whole, as far as the line has room.
        let room = LONGEST - 1 - column;
        let rest = &bytes[at..];
        let mut run = plain_run(&rest[..room.min(rest.len())]);
        // A blank at the end of a line is lost on the way unless it is written out.
        let ends = matches!(rest.get(run), None | Some(b'\r' | b'\n'));
        if ends && run > 0 && is_blank(rest[run - 1]) {
            run -= 1;
        }
        if run > 0 {
            out.extend_from_slice(&rest[..run]);
            at += run;
            column += run;
            continue;
        }
        let next = rest.get(1).copied();
        if byte == b'\n' || (byte == b'\r' && next == Some(b'\n')) {
            at += 1 + usize::from(byte == b'\r');
            out.extend_from_slice(b"\r\n");
            column = 0;
            continue;
        }
        let literal = is_plain(byte) && !(is_blank(byte) && matches!(next, None | Some(b'\r' | b'\n')));
        if column + if literal { 1 } else { 3 } >= LONGEST {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        } else if !literal {
            out.extend([b'=', hex(byte >> 4), hex(byte & 15)]);
            at += 1;
            column += 3;
        }
    }
    out
}

/// How many octets at the start stand for themselves. Sixteen are asked about at once, which the
/// compiler turns into a few instructions; the rest one by one.
fn plain_run(bytes: &[u8]) -> usize {
    let all_plain = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & is_printable(*byte));
    let whole = bytes.chunks_exact(16).take_while(all_plain).count() * 16;
    whole + bytes[whole..].iter().take_while(|byte| is_plain(**byte)).count()
}

/// As [`is_plain`] without the tab, in the form that needs no branch.
const fn is_printable(byte: u8) -> bool {
    (byte.wrapping_sub(b' ') <= b'~' - b' ') & (byte != b'=')
}

/// What stands for itself, blanks included.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'<' | b'>'..=b'~' | b'\t')
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A hexadecimal digit.
const fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As text.
    fn encoded(text: &str) -> String {
        String::from_utf8(encode(text)).expect("ASCII")
    }

    #[test]
    fn blanks_signs_and_line_ends_survive() {
        assert_eq!(encoded("a = b \nc\t\r\nd\re "), "a =3D b=20\r\nc=09\r\nd=0De=20");
        assert_eq!(encoded("é☀\0"), "=C3=A9=E2=98=80=00");
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn no_line_is_longer_than_76() {
        for text in ["x".repeat(300), "é".repeat(100), " ".repeat(200), "= ".repeat(100)] {
            assert!(encoded(&text).split("\r\n").all(|line| line.len() <= 76), "{text}");
        }
    }
}
