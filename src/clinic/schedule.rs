//! When: civil days on the clinic's calendar, then the send window, then one rule for clock changes.
