//! Clinics and what they set for themselves, on both engines.

use aftercare::clinic::profile::{SendWindow, WeekdayName};
use aftercare::store::{clinic, fresh_uuid};

use crate::support::cast::{Cast, profile, start};
use crate::support::engines::engines;

#[tokio::test]
async fn a_clinic_comes_back_as_it_was_saved() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert_eq!(clinic::find(&mut db, cast.clinic).await.expect("reads"), Some(profile()));
        let mut changed = profile();
        let days = [WeekdayName::Mon.weekday(), WeekdayName::Fri.weekday()];
        changed.send_window =
            SendWindow::new(jiff::civil::time(9, 30, 0, 0), jiff::civil::time(17, 0, 0, 0), &days).expect("a window");
        changed.send_window = changed.send_window.closed_on(vec![jiff::civil::date(2026, 12, 25)]);
        changed.sender_name = "Lindenhof desk".into();
        changed.reply_to = Some("desk@lindenhof.example".parse().expect("an address"));
        let version = clinic::version(&mut db, cast.clinic).await.expect("reads").expect("a clinic");
        assert!(clinic::save(&mut db, cast.clinic, &changed, version).await.expect("saves"));
        assert!(!clinic::save(&mut db, cast.clinic, &profile(), version).await.expect("runs"), "somebody was faster");
        assert_eq!(clinic::find(&mut db, cast.clinic).await.expect("reads"), Some(changed));
        let all = clinic::all(&mut db).await.expect("reads");
        assert_eq!(all.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [cast.clinic, cast.other_clinic]);
        let nobody = aftercare::clinic::ids::ClinicId::from_uuid(fresh_uuid(start()));
        assert_eq!(clinic::find(&mut db, nobody).await.expect("reads"), None);
        assert!(!clinic::save(&mut db, nobody, &profile(), 1).await.expect("runs"));
        assert_eq!(clinic::version(&mut db, nobody).await.expect("reads"), None);
    }
}
