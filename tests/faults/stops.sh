#!/usr/bin/env bash
# Stops against the due moment, many times, on every database there is: tests/faults/stops.sh [HOW_MANY]
# ./test runs a few hundred; this runs ten thousand and prints what came of them. AFTERCARE_SEED draws the
# same moments again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export AFTERCARE_RACES="${1:-10000}"
cargo test --locked --test it after_the_commit_of_a_stop_nothing_of_its_stream_begins -- --nocapture
