//! Active mode: PORT and EPRT with a connection that is listened for (rule D15), and the fall from one mode to the other.

use towpath_ftp::quirks::DataWay;
use towpath_ftp::{Abilities, ActiveMode, Encryption, End, Input, Outcome, Request, Stage};

use crate::talk::{Talk, broken, path, site};

fn able(active: ActiveMode, features: &[&str]) -> Talk {
    let mut site = site(Encryption::None);
    site.active = active;
    site.abilities = Abilities { listen: true, ..Abilities::default() };
    Talk::plain_at(site, features)
}

fn listening(talk: &mut Talk, address: &str) {
    let conn = talk.data_conn();
    talk.input(Input::Listening { conn, address: address.into() });
}

fn listed(talk: &mut Talk) {
    talk.data_opened();
    talk.server("150 go");
    talk.data(b"-rw-r--r-- 1 o g 1 Jan  5  2024 a\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 done");
}

#[test]
fn d15_port_tells_address_and_port() {
    let mut talk = able(ActiveMode::Preferred, &["MLST type*;"]);
    let id = talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 type");
    // Nothing has to be answered before.
    talk.expect(&["send PWD", "listen 2 for 1", "send TYPE I"]);
    listening(&mut talk, "192.0.2.9:40000");
    talk.expect(&["send PORT 192,0,2,9,156,64"]);
    talk.server("200 ok");
    talk.expect(&["send MLSD"]);
    talk.data_opened();
    talk.data(b"type=file;size=1; a\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert!(matches!(talk.ended_after(id), Ok(Outcome::Listing { entries: 1, .. })));
}

#[test]
fn d15_refused_active_mode_falls_to_passive_and_is_remembered() {
    let mut talk = able(ActiveMode::Preferred, &["EPSV"]);
    let id = talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 type");
    listening(&mut talk, "192.0.2.9:40000");
    talk.server("500 no PORT");
    listening(&mut talk, "192.0.2.9:40001");
    talk.server("522 no EPRT");
    talk.server("229 (|||50000|)");
    let said = talk.said();
    let wanted = [
        "send PORT 192,0,2,9,156,64",
        "close 2",
        "listen 3 for 1",
        "send EPRT |1|192.0.2.9|40001|",
        "close 3",
        "send EPSV",
    ];
    let mut rest = said.iter();
    assert!(wanted.iter().all(|wanted| rest.any(|said| said == wanted)), "{said:?}");
    listed(&mut talk);
    assert!(talk.ended_after(id).is_ok());
    assert_eq!(talk.quirks().way, Some(DataWay::ExtendedPassive));
    // The next one goes there at once.
    talk.request(Request::List(None));
    talk.expect(&["send EPSV"]);
}

#[test]
fn d15_passive_mode_that_cannot_be_reached_falls_to_active() {
    let mut talk = able(ActiveMode::Fallback, &["EPSV"]);
    let id = talk.request(Request::List(Some(path("/"))));
    for reply in ["250 ok", "257 \"/\"", "200 type", "229 (|||50000|)"] {
        talk.server(reply);
    }
    // EPSV and PASV name ports that nobody can reach.
    talk.data_closed(broken(Stage::Connection, "timed out"));
    talk.server("425 nobody there");
    talk.server("227 (192,0,2,7,195,81)");
    talk.data_closed(broken(Stage::Connection, "timed out"));
    talk.server("425 nobody there");
    talk.says_last("listen 4 for 1");
    listening(&mut talk, "192.0.2.9:40000");
    talk.server("200 ok");
    talk.says_last("send LIST -a");
    listed(&mut talk);
    assert!(talk.ended_after(id).is_ok());
    assert_eq!(talk.quirks().way, Some(DataWay::Active));
}

#[test]
fn d15_over_ipv6_only_eprt() {
    let mut site = site(Encryption::None);
    site.active = ActiveMode::Preferred;
    site.abilities.listen = true;
    let mut talk = Talk::new(site);
    talk.request(Request::Connect);
    talk.opened_as("[2001:db8::7]:21");
    for reply in ["220 hi", "331 password", "230 in", "215 UNIX", "500 no FEAT"] {
        talk.server(reply);
    }
    talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 type");
    listening(&mut talk, "[2001:db8::9]:40000");
    talk.says_last("send EPRT |2|2001:db8::9|40000|");
}

#[test]
fn d15_nobody_listens_unless_the_driver_can_and_the_site_wants_it() {
    for (active, listen) in [(ActiveMode::Never, true), (ActiveMode::Preferred, false)] {
        let mut site = site(Encryption::None);
        site.active = active;
        site.abilities.listen = listen;
        let mut talk = Talk::plain_at(site, &["EPSV"]);
        talk.request(Request::List(None));
        for reply in ["257 \"/\"", "200 type", "500 no EPSV"] {
            talk.server(reply);
        }
        talk.says_last("send PASV");
    }
}

#[test]
fn d15_a_driver_that_cannot_listen_after_all_is_no_dead_end() {
    for silent in [false, true] {
        let mut talk = able(ActiveMode::Preferred, &["EPSV"]);
        let id = talk.request(Request::List(None));
        talk.server("257 \"/\"");
        talk.server("200 type");
        for _ in 0..2 {
            match silent {
                true => talk.wake(),
                false => talk.data_closed(broken(Stage::Policy, "no")),
            }
        }
        talk.server("229 (|||50000|)");
        listed(&mut talk);
        assert!(talk.ended_after(id).is_ok());
    }
}
