//! The addresses of the house: those anybody may open, those of clients, who hold a link, and those of staff, each
//! with the act that the permission table is asked about.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::Web;
use super::error::Error;
use super::guard::Routes;
use super::{
    account, alerts, api as programs, assets, audit, care, catalogue, check_in, client, day, delivery, demo, desk,
    forms, guest, handout, headers, health, intake, look, mailbox, metrics, note, outcomes, password, people, protocol,
    proxy, second_step, settings, setup, sign_in, studio, tokens, two_factor, visit, webhooks, welcome,
};
use crate::clinic::account::Action;
use crate::clinic::api_token::Scope;

/// Every address there is, by one catalogue.
pub(super) fn rooms(web: Web) -> Router {
    let everywhere = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/favicon.ico", get(assets::favicon))
        .route("/static/{edition}/{*name}", get(assets::file))
        .route("/look/{file}", get(look::file))
        .route("/", get(sign_in::start))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-in/code", post(second_step::enter))
        .route("/setup/{token}", get(setup::show).post(setup::save))
        .route("/password/{token}", get(password::show).post(password::set))
        .route("/api/v1/openapi.json", get(programs::document::show))
        .route("/c/{token}", get(check_in::guest::show).post(check_in::guest::save));
    let everywhere = if web.demo {
        everywhere.route("/demo", get(demo::load::show)).route("/demo/sign-in", post(demo::enter::enter))
    } else {
        everywhere
    };
    let secure = from_fn_with_state(web.clone(), headers::secure);
    guest_rooms(everywhere)
        .merge(staff(&web).into_router())
        .merge(api(&web).into_router())
        .merge(metrics_room(&web).into_router())
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { Error::NoSuchMethod })
        .layer(secure)
        .layer(from_fn_with_state(web.clone(), metrics::measure))
        .layer(from_fn_with_state(web.clone(), proxy::far_end))
        .with_state(web)
}

/// The pages of clients: the link in the address is the key, and each handler opens it first.
fn guest_rooms(router: Router<Web>) -> Router<Web> {
    router
        .route("/f/{token}", get(guest::form::start).post(guest::form::enter))
        .route("/f/{token}/{topic}", get(guest::form::topic).post(guest::form::save))
        .route("/a/{token}", get(guest::letters::show))
        .route("/a/{token}/html", get(guest::letters::html))
        .route("/p/{token}", get(guest::preferences::show).post(guest::preferences::one_click::stop))
        .route("/p/{token}/stop", post(guest::preferences::acts::stop))
        .route("/p/{token}/resume", post(guest::preferences::acts::resume))
        .route("/p/{token}/language", post(guest::preferences::acts::language))
        .route("/p/{token}/address", post(guest::preferences::address::ask))
        .route("/p/{token}/address/undo", post(guest::preferences::address::undo))
        .route("/p/{token}/confirm", post(guest::preferences::address::confirm))
        .route("/p/{token}/wish", post(guest::preferences::acts::wish))
        .route("/p/{token}/letters/{email}", get(guest::letters::listed))
        .route("/p/{token}/letters/{email}/html", get(guest::letters::listed_html))
}

/// How the house stands, for whoever watches it; there is no such address unless it is switched on.
fn metrics_room(web: &Web) -> programs::door::Routes {
    let routes = programs::door::Routes::new(web.clone());
    if web.metrics.is_some() { routes.get("/metrics", Scope::Metrics, metrics::show) } else { routes }
}

/// What other programs may ask for and do, each with the scope it takes.
pub fn api(web: &Web) -> programs::door::Routes {
    use programs::{acts, booking, clients, lists, visits};
    let routes = programs::door::Routes::new(web.clone())
        .get("/api/v1/token", None, programs::token::show)
        .get("/api/v1/clients", Scope::ReadClients, clients::list)
        .post("/api/v1/clients", Scope::WriteClients, clients::create)
        .get("/api/v1/clients/{id}", Scope::ReadClients, clients::show)
        .patch("/api/v1/clients/{id}", Scope::WriteClients, clients::change)
        .get("/api/v1/visits", Scope::ReadVisits, visits::list)
        .post("/api/v1/visits", Scope::WriteVisits, booking::book)
        .get("/api/v1/visits/{id}", Scope::ReadVisits, visits::show)
        .patch("/api/v1/visits/{id}", Scope::WriteVisits, booking::change)
        .post("/api/v1/visits/{id}/cancellation", Scope::WriteVisits, acts::cancel)
        .post("/api/v1/visits/{id}/no-show", Scope::WriteVisits, acts::miss)
        .post("/api/v1/visits/{id}/completion", Scope::WriteVisits, acts::complete)
        .post("/api/v1/visits/{id}/intake-link", Scope::WriteIntakes, acts::intake_link)
        .get("/api/v1/therapists", Scope::ReadVisits, lists::therapists)
        .get("/api/v1/techniques", Scope::ReadVisits, lists::techniques);
    reading(routes)
}

/// What programs may read besides, health among it, and addresses without mail.
fn reading(routes: programs::door::Routes) -> programs::door::Routes {
    use programs::{alerts, health, letters, messages, suppressions};
    routes
        .get("/api/v1/clients/{id}/intakes", Scope::ReadIntakes, health::intakes)
        .get("/api/v1/intakes/{id}", Scope::ReadIntakes, health::intake)
        .get("/api/v1/visits/{id}/brief", Scope::ReadBriefs, health::brief)
        .get("/api/v1/visits/{id}/note", Scope::ReadNotes, health::note)
        .get("/api/v1/visits/{id}/plan", Scope::ReadPlans, health::plan)
        .get("/api/v1/visits/{id}/check-ins", Scope::ReadCheckIns, health::check_ins)
        .get("/api/v1/messages", Scope::ReadMessages, messages::list)
        .get("/api/v1/messages/{id}", Scope::ReadMessages, messages::show)
        .get("/api/v1/alerts", Scope::ReadAlerts, alerts::list)
        .get("/api/v1/alerts/{id}", Scope::ReadAlerts, alerts::show)
        .get("/api/v1/letters", Scope::ReadLetters, letters::list)
        .get("/api/v1/suppressions", Scope::ReadSuppressions, suppressions::list)
        .post("/api/v1/suppressions", Scope::WriteSuppressions, suppressions::stop)
        .post("/api/v1/suppressions/resumption", Scope::WriteSuppressions, suppressions::resume)
        .get("/api/v1/webhooks", Scope::ReadWebhooks, programs::webhooks::list)
        .post("/api/v1/webhooks", Scope::WriteWebhooks, programs::webhooks::add)
        .delete("/api/v1/webhooks/{id}", Scope::WriteWebhooks, programs::webhooks::remove)
}

/// The staff pages: the route table, with the act each one takes.
pub fn staff(web: &Web) -> Routes {
    let routes = account_rooms(Routes::new(web.clone()))
        .get("/day", Action::SeeDay, day::load::show)
        .get("/clients", Action::SeeClients, client::list::show)
        .post("/clients", Action::EditClients, client::new::create)
        .get("/clients/new", Action::EditClients, client::new::show)
        .get("/clients/{id}", Action::SeeClients, client::load::show)
        .post("/clients/{id}", Action::EditClients, client::edit::save)
        .get("/clients/{id}/edit", Action::EditClients, client::edit::show)
        .get("/clients/{id}/erasure", Action::EraseClients, client::erasure::show)
        .post("/clients/{id}/erasure", Action::EraseClients, client::erasure::erase)
        .get("/clients/{id}/hold", Action::EraseClients, client::hold::show)
        .post("/clients/{id}/hold", Action::EraseClients, client::hold::begin)
        .post("/clients/{id}/hold/end", Action::EraseClients, client::hold::end)
        .get("/clients/{id}/consents/{purpose}", Action::EditClients, client::consents::show)
        .post("/clients/{id}/consents/{purpose}", Action::EditClients, client::consents::save)
        .get("/visits/{id}/handout", Action::SeeHealth, handout::show)
        .post("/visits/{id}/handout", Action::SeeHealth, handout::give)
        .get("/visits/{id}/intake", Action::TakeIntake, intake::load::of_visit)
        .post("/visits/{id}/intake", Action::TakeIntake, intake::save::of_visit)
        .get("/visits/{id}/intake/saved", Action::TakeIntake, intake::saved::of_visit)
        .get("/clients/{id}/intake", Action::TakeIntake, intake::load::of_client)
        .post("/clients/{id}/intake", Action::TakeIntake, intake::save::of_client)
        .get("/clients/{id}/intake/saved", Action::TakeIntake, intake::saved::of_client)
        .get("/clients/{id}/intakes/{intake}", Action::SeeHealth, intake::read::show)
        .get("/clients/{id}/clearance", Action::RecordClearance, intake::clearance::show)
        .post("/clients/{id}/clearance", Action::RecordClearance, intake::clearance::record)
        .get("/intakes/{id}/review", Action::ReviewText, intake::review::show)
        .post("/intakes/{id}/review", Action::ReviewText, intake::review::record)
        .get("/visits/{id}", Action::SeeDay, visit::load::show)
        .post("/visits/{id}/completion", Action::CompleteVisits, note::acts::complete)
        .post("/visits/{id}/treatment", Action::WriteNotes, note::acts::treat)
        .post("/visits/{id}/note", Action::WriteNotes, note::acts::save)
        .post("/visits/{id}/note/signature", Action::SignNotes, note::acts::sign)
        .post("/visits/{id}/note/addenda", Action::SignNotes, note::acts::add)
        .get("/visits/{id}/note/print", Action::SeeHealth, note::print::show)
        .get("/notes", Action::WriteNotes, note::list::show)
        .get("/visits/{id}/plan", Action::SeeHealth, visit::plan::load::show)
        .post("/visits/{id}/plan/{step}/skip", Action::HoldMail, visit::plan::act::skip)
        .post("/visits/{id}/plan/{step}/unskip", Action::ChangePlans, visit::plan::act::unskip)
        .post("/visits/{id}/plan/{step}/hold", Action::HoldMail, visit::plan::act::hold)
        .post("/visits/{id}/plan/{step}/resume", Action::ChangePlans, visit::plan::act::resume)
        .post("/visits/{id}/plan/{step}/now", Action::ChangePlans, visit::plan::act::now)
        .post("/visits/{id}/plan/{step}/time", Action::ChangePlans, visit::plan::act::time)
        .post("/visits/{id}/plan/{step}/line", Action::ChangePlans, visit::plan::act::line)
        .post("/visits/{id}/plan/{step}/withhold", Action::ChangePlans, visit::plan::act::withhold)
        .get("/visits/{id}/emails/{step}", Action::SeeHealth, visit::load::email)
        .get("/visits/{id}/emails/{step}/html", Action::SeeHealth, visit::load::email_html);
    let routes =
        form_rooms(letter_rooms(delivery_rooms(alert_rooms(desk_rooms(admin_rooms(catalogue_rooms(routes)))))));
    if web.demo { demo_rooms(routes) } else { routes }
}

/// What everybody does with their own way in.
fn account_rooms(routes: Routes) -> Routes {
    routes
        .post("/sign-out", Action::OwnAccount, sign_in::leave)
        .get("/signed-in", Action::OwnAccount, account::signed_in)
        .get("/account", Action::OwnAccount, account::show)
        .post("/account/password", Action::OwnAccount, account::change_password)
        .get("/account/two-factor", Action::OwnAccount, two_factor::show)
        .post("/account/two-factor", Action::OwnAccount, two_factor::begin)
        .post("/account/two-factor/confirmation", Action::OwnAccount, two_factor::confirm_it)
        .post("/account/two-factor/codes", Action::OwnAccount, two_factor::new_codes)
        .post("/account/two-factor/removal", Action::OwnAccount, two_factor::remove)
        .post("/account/sessions/end", Action::OwnAccount, account::end_sessions)
        .post("/account/clinic", Action::OwnAccount, account::switch)
}

/// What the admin looks after: the clinic, its people, and who did what.
fn admin_rooms(routes: Routes) -> Routes {
    routes
        .get("/welcome", Action::ManageClinic, welcome::show)
        .post("/welcome/mail", Action::ManageClinic, welcome::try_mail)
        .get("/settings", Action::ManageClinic, settings::show)
        .post("/settings", Action::ManageClinic, settings::save)
        .get("/settings/look", Action::ManageClinic, settings::look::show)
        .post("/settings/look", Action::ManageClinic, settings::look::save)
        .post_file("/settings/look/logo", Action::ManageClinic, settings::look::hand_in)
        .get("/settings/look/html", Action::ManageClinic, settings::look::html)
        .get("/settings/pressures", Action::ManageClinic, settings::pressures::show)
        .post("/settings/pressures", Action::ManageClinic, settings::pressures::save)
        .get("/settings/keeping", Action::EraseClients, settings::keeping::show)
        .post("/settings/keeping", Action::EraseClients, settings::keeping::save)
        .get("/settings/mail", Action::ManageClinic, settings::mail::show)
        .post("/settings/mail", Action::ManageClinic, settings::mail::save)
        .post("/settings/mail/trial", Action::ManageClinic, settings::mail::try_it)
        .get("/settings/records", Action::ManageClinic, settings::records::show)
        .post("/settings/records", Action::ManageClinic, settings::records::ask)
        .get("/settings/texts", Action::ManageClinic, settings::texts::show)
        .post("/settings/texts/sign-off", Action::ManageClinic, settings::texts::sign_off)
        .get("/audit", Action::SeeAudit, audit::show)
        .post("/audit/export", Action::SeeAudit, audit::export)
        .get("/people", Action::ManageStaff, people::list)
        .post("/people", Action::ManageStaff, people::invite)
        .get("/people/tokens", Action::ManageStaff, tokens::list)
        .post("/people/tokens", Action::ManageStaff, tokens::make)
        .post("/people/tokens/{id}/revocation", Action::ManageStaff, tokens::revoke)
        .get("/people/webhooks", Action::ManageStaff, webhooks::list)
        .post("/people/webhooks", Action::ManageStaff, webhooks::add)
        .post("/people/webhooks/{id}/trial", Action::ManageStaff, webhooks::try_it)
        .post("/people/webhooks/{id}/removal", Action::ManageStaff, webhooks::remove)
        .get("/people/{id}", Action::ManageStaff, people::one::show)
        .post("/people/{id}/role", Action::ManageStaff, people::one::change_role)
        .post("/people/{id}/access", Action::ManageStaff, people::one::change_access)
        .post("/people/{id}/sessions/end", Action::ManageStaff, people::one::end_sessions)
        .post("/people/{id}/password-link", Action::ManageStaff, people::one::make_link)
        .post("/people/{id}/two-factor/removal", Action::ManageStaff, people::one::remove_factor)
}

/// The desk: booking, moving and calling off visits, who is in the room, and what was seen to.
fn desk_rooms(routes: Routes) -> Routes {
    routes
        .post("/emails/{id}/seen", Action::HoldMail, day::seen::seen)
        .post("/wishes/{id}/seen", Action::HoldMail, day::seen::wish)
        .post("/notices/{id}/seen", Action::HoldMail, day::seen::notice)
        .post("/bounces/{id}/seen", Action::HoldMail, day::returned::seen)
        .post("/clients/{id}/address/resumption", Action::EditClients, day::returned::resume)
        .get("/visits/new", Action::BookVisits, desk::new::show)
        .post("/visits", Action::BookVisits, desk::new::create)
        .get("/visits/{id}/move", Action::BookVisits, desk::move_visit::show)
        .post("/visits/{id}/move", Action::BookVisits, desk::move_visit::save)
        .get("/visits/{id}/cancel", Action::BookVisits, desk::call_off::ask_cancel)
        .post("/visits/{id}/cancel", Action::BookVisits, desk::call_off::cancel)
        .get("/visits/{id}/no-show", Action::BookVisits, desk::call_off::ask_missed)
        .post("/visits/{id}/no-show", Action::BookVisits, desk::call_off::miss)
        .post("/visits/{id}/return", Action::BookVisits, desk::call_off::take_back)
        .post("/visits/{id}/technique", Action::WriteNotes, desk::technique::change)
        .get("/visits/{id}/form", Action::TakeIntake, desk::client_form::show)
        .post("/visits/{id}/form/email", Action::TakeIntake, desk::client_form::email)
        .post("/visits/{id}/form/code", Action::TakeIntake, desk::client_form::code)
        .post("/visits/{id}/tablet", Action::TakeIntake, desk::client_form::tablet)
        .post("/visits/{id}/start", Action::BookVisits, desk::room::start)
        .post("/visits/{id}/start/undo", Action::BookVisits, desk::room::undo)
}

/// Check-ins by telephone, alerts, and who is told of them.
fn alert_rooms(routes: Routes) -> Routes {
    routes
        .get("/visits/{id}/check-in", Action::TakeCheckIns, check_in::staff::show)
        .post("/visits/{id}/check-in", Action::TakeCheckIns, check_in::staff::save)
        .get("/alerts", Action::HandleAlerts, alerts::load::list)
        .get("/alerts/{id}", Action::HandleAlerts, alerts::load::one)
        .post("/alerts/{id}/owner", Action::HandleAlerts, alerts::acts::own)
        .post("/alerts/{id}/calls", Action::HandleAlerts, alerts::acts::call)
        .post("/alerts/{id}/notes", Action::HandleAlerts, alerts::acts::note)
        .post("/alerts/{id}/outcome", Action::HandleAlerts, alerts::acts::close)
        .get("/outcomes", Action::SeeHealth, outcomes::show)
        .get("/care", Action::ManageClinic, care::show)
        .post("/care", Action::ManageClinic, care::save)
}

/// How mail leaves, and what went wrong with it.
fn delivery_rooms(routes: Routes) -> Routes {
    routes
        .get("/delivery", Action::SeeDelivery, delivery::load::show)
        .post("/delivery/pause", Action::HandleDelivery, delivery::acts::pause)
        .post("/delivery/resumption", Action::HandleDelivery, delivery::acts::resume)
        .get("/delivery/hold", Action::SeeDelivery, delivery::hold::show)
        .post("/delivery/hold/release", Action::ManageClinic, delivery::hold::release)
        .post("/delivery/hold/call-off", Action::ManageClinic, delivery::hold::call_off)
        .get("/delivery/emails/{id}", Action::HandleDelivery, delivery::load::one)
        .post("/delivery/emails/{id}/again", Action::HandleDelivery, delivery::acts::resend)
        .post("/delivery/emails/{id}/drop", Action::HandleDelivery, delivery::acts::leave)
        .post("/delivery/relay", Action::ManageClinic, delivery::acts::prefer)
        .get("/delivery/addresses", Action::SeeDelivery, delivery::addresses::show)
        .post("/delivery/addresses/resumption", Action::EditClients, delivery::addresses::resume)
}

/// The clinic's own questions as admins write them.
fn form_rooms(routes: Routes) -> Routes {
    routes
        .get("/forms", Action::EditForms, forms::list::show)
        .post("/forms", Action::EditForms, forms::list::begin)
        .get("/forms/import", Action::EditForms, forms::exchange::show)
        .post("/forms/import", Action::EditForms, forms::exchange::bring_in)
        .get("/forms/{number}", Action::EditForms, forms::edit::show)
        .post("/forms/{number}", Action::EditForms, forms::edit::save)
        .get("/forms/{number}/preview", Action::EditForms, forms::preview::show)
        .post("/forms/{number}/export", Action::EditForms, forms::exchange::export)
        .get("/forms/{number}/publication", Action::EditForms, forms::publish::show)
        .post("/forms/{number}/publication", Action::EditForms, forms::publish::publish)
        .get("/forms/{number}/versions", Action::EditForms, forms::versions::show)
        .post("/forms/{number}/versions", Action::EditForms, forms::versions::restore)
}

/// Letters as admins write them.
fn letter_rooms(routes: Routes) -> Routes {
    protocol_rooms(routes)
        .get("/letters", Action::EditLetters, studio::list::show)
        .post("/letters/claims", Action::EditLetters, studio::list::set_claims)
        .get("/letters/{letter}", Action::EditLetters, studio::side::show)
        .get("/letters/{letter}/{locale}", Action::EditLetters, studio::edit::show)
        .post("/letters/{letter}/{locale}", Action::EditLetters, studio::edit::save)
        .get("/letters/{letter}/{locale}/html", Action::EditLetters, studio::preview::html)
        .post("/letters/{letter}/{locale}/preview", Action::EditLetters, studio::preview::show)
        .post("/letters/{letter}/{locale}/test", Action::EditLetters, studio::preview::test)
        .get("/letters/{letter}/{locale}/publication", Action::EditLetters, studio::publish::show)
        .post("/letters/{letter}/{locale}/publication", Action::EditLetters, studio::publish::publish)
        .get("/letters/{letter}/{locale}/versions", Action::EditLetters, studio::versions::show)
        .post("/letters/{letter}/{locale}/versions", Action::EditLetters, studio::versions::restore)
        .post("/letters/{letter}/{locale}/waiting", Action::EditLetters, studio::versions::move_waiting)
}

/// The clinical catalogue.
fn catalogue_rooms(routes: Routes) -> Routes {
    routes
        .get("/catalogue", Action::ManageClinic, catalogue::list::show)
        .get("/catalogue/versions", Action::ManageClinic, catalogue::versions::show)
        .post("/catalogue/versions", Action::ManageClinic, catalogue::versions::restore)
        .get("/catalogue/shipped", Action::ManageClinic, catalogue::shipped::show)
        .post("/catalogue/shipped", Action::ManageClinic, catalogue::shipped::take)
        .get("/catalogue/publication", Action::ManageClinic, catalogue::publish::show)
        .post("/catalogue/publication", Action::ManageClinic, catalogue::publish::publish)
        .post("/catalogue/rehearsal", Action::ManageClinic, catalogue::rehearse::go_on)
        .get("/catalogue/{kind}/new", Action::ManageClinic, catalogue::new::show)
        .post("/catalogue/{kind}/new", Action::ManageClinic, catalogue::new::create)
        .get("/catalogue/{kind}/{entry}", Action::ManageClinic, catalogue::entry::show)
        .get("/catalogue/{kind}/{entry}/draft", Action::ManageClinic, catalogue::edit::show)
        .post("/catalogue/{kind}/{entry}/draft", Action::ManageClinic, catalogue::edit::save)
}

/// The protocol as admins write it: which letters go out, and when.
fn protocol_rooms(routes: Routes) -> Routes {
    routes
        .get("/protocol", Action::EditLetters, protocol::edit::show)
        .post("/protocol", Action::EditLetters, protocol::edit::save)
        .get("/protocol/trial", Action::EditLetters, protocol::trial::show)
        .get("/protocol/publication", Action::EditLetters, protocol::publish::show)
        .post("/protocol/publication", Action::EditLetters, protocol::publish::publish)
        .get("/protocol/versions", Action::EditLetters, protocol::versions::show)
        .post("/protocol/versions", Action::EditLetters, protocol::versions::restore)
        .post("/protocol/waiting", Action::EditLetters, protocol::versions::move_waiting)
}

/// What only the demo has.
fn demo_rooms(routes: Routes) -> Routes {
    routes
        .get("/mailbox", Action::SeeClients, mailbox::load::list)
        .get("/mailbox/{id}", Action::SeeHealth, mailbox::load::one)
        .get("/mailbox/{id}/html", Action::SeeHealth, mailbox::load::html)
        .get("/mailbox/notices/{id}", Action::SeeHealth, mailbox::load::notice)
        .get("/mailbox/notices/{id}/html", Action::SeeHealth, mailbox::load::notice_html)
}
