//! Schemathesis asks every route whatever the description allows, and what it does not.
//!
//! It runs where `HEADWATER_SCHEMATHESIS` names its program, as the gate does; elsewhere this says
//! that it does not.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use web::login::Settings;

use crate::door::{House, OWN, joins};
use crate::person::Person;

/// What is held of every answer. Data that a schema allows may still be refused by a rule, which no
/// schema can say: a signature, a balance, a name that is taken.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      negative_data_rejection,unsupported_method";

/// A stream has no end to wait for; who logs out asks everything else as nobody.
const LEFT_OUT: &[&str] = &[
    "/api/v1/events",
    "/api/v1/me/logout",
    "/api/v1/me/sessions/{id}",
];

fn fuzz(program: &str, base: &str, dir: &Path, headers: &[(&str, &str)], left_out: &[&str]) {
    // A route that waits for an entry would wait through most of the run; 503 is what the others
    // are for: a load balancer, and reads that are not there yet.
    let settings = dir.join("schemathesis.toml");
    let fixed = "[parameters]\n\"query.wait\" = 0\n\"query.at_least\" = 0\n\
                 \"query.role\" = \"writer\"\n";
    std::fs::write(&settings, fixed).unwrap();
    let mut command = Command::new(program);
    command.arg("--config-file").arg(&settings).arg("run");
    command.arg(format!("{base}/openapi.json"));
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", "20", "--seed", "7", "--workers", "2"]);
    command.args(["--suppress-health-check", "all", "--warnings", "off"]);
    for path in left_out {
        command.args(["--exclude-path", path]);
    }
    for (name, value) in headers {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    let output = command.current_dir(dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{wrong}");
    println!(
        "{}",
        said.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn no_answer_is_other_than_described() {
    let Ok(program) = std::env::var("HEADWATER_SCHEMATHESIS") else {
        println!("not run: HEADWATER_SCHEMATHESIS names no program");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let adjust = |settings: &mut Settings| {
        settings.logins.burst = 1_000_000;
        settings.requests.burst = 1_000_000;
    };
    let house = House::with(dir.path(), adjust, None);
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    let settings = json!({"title": "moods", "classes": ["good", "bad"], "price_units": "1000"});
    for _ in 0..3 {
        let reply = ann.ask(&house, ("POST", "api/v1/plans"), &settings);
        assert_eq!(reply.status, 201, "{}", reply.said());
        crate::keys::issue(&house, &mut ann, json!({"name": "fuzzed"}));
    }
    house.served.publish();
    let base = house.served.server.site.base().to_owned();
    let cookie = format!("__Host-hw={}", ann.session.as_deref().unwrap());
    let csrf = ann.csrf.clone();
    let headers = [("cookie", &*cookie), ("hw-csrf", &csrf), OWN];
    fuzz(&program, &base, dir.path(), &headers, LEFT_OUT);
    fuzz(&program, &base, dir.path(), &[], &LEFT_OUT[..1]);
    house.stop();
}
