//! The metadata endpoint where every Azure VM has it, and where it is not.

use std::net::SocketAddr;
use std::time::Duration;

use crate::command::{Akv, binary};
use crate::ground::{Added, accounts};
use crate::peer::{Deaf, VAULT, names};
use crate::scenarios;
use crate::standin::{Fault, Standin};

scenarios![
    the_endpoint_of_every_vm,
    no_route_to_it,
    nobody_listens_there,
    nobody_answers_there,
    another_cloud_s_machine,
    a_machine_with_its_security_protocol,
];

const ADDRESS: &str = "169.254.169.254";
const VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

fn the_endpoint_of_every_vm() {
    let _here = Added::address(ADDRESS);
    let names = names();
    let azure = Standin::builder()
        .tls_at(SocketAddr::from(([127, 0, 0, 1], 443)))
        .metadata_at(SocketAddr::from(([169, 254, 169, 254], 80)))
        .start();
    azure.secret("kv-prod", "api", "value-of-api");

    Akv::new()
        .args(["get", "kv-prod/api"])
        .trusting(&azure)
        .env_remove(VARIABLE)
        .stdout("value-of-api")
        .run();

    azure.expect(&[
        "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net",
        "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4",
    ]);
    assert_eq!(azure.connections().len(), 2);
    // An address needs no look-up.
    let asked = names.questions();
    assert!(asked.iter().all(|(name, _)| name == VAULT), "{asked:?}");
}

/// No endpoint: said within this many seconds, the second try included.
fn is_absent(words: &str, seconds: u64) {
    let output = Akv::new()
        .args(["get", "kv-prod/api", "--verbose"])
        .env_remove(VARIABLE)
        .status(3)
        .stderr_has("there is no metadata endpoint here")
        .stderr_has(words)
        .stderr_has("akv-xsoar: hint: managed identities work on Azure VMs only")
        .stderr_has("--client-secret-file")
        .run();
    assert!(output.elapsed >= Duration::from_secs(1), "{output:?}");
    assert!(output.elapsed < Duration::from_secs(seconds), "{output:?}");
    let tries = output.stderr_text().matches(": try ").count();
    assert_eq!(tries, 1, "once more, and no more: {output:?}");
}

fn no_route_to_it() {
    is_absent("network is unreachable", 2);
    let _route = Added::new(&format!("route add unreachable {ADDRESS}"));
    is_absent("no route to host", 2);
}

fn nobody_listens_there() {
    let _here = Added::address(ADDRESS);
    is_absent("connection refused", 2);
}

fn nobody_answers_there() {
    let _here = Added::address(ADDRESS);
    let _deaf = Deaf::at("169.254.169.254:80");
    is_absent("within 1 s", 4);
}

/// The stand-in at the machines' own address, and what is said of it.
fn answers(fault: Fault, words: &str, through: &[&str]) {
    let _here = Added::address(ADDRESS);
    let azure = Standin::builder()
        .metadata_at(SocketAddr::from(([169, 254, 169, 254], 80)))
        .start();
    azure.fault("GET metadata/", fault);
    Akv::new()
        .args(["get", "kv-prod/api"])
        .env_remove(VARIABLE)
        .through(through)
        .status(3)
        .stderr_has(words)
        .run();
    azure.expect(&["GET metadata/*"]);
}

fn another_cloud_s_machine() {
    let hint = "\nakv-xsoar: hint: managed identities work on Azure VMs only";
    for (fault, whose) in [
        (Fault::ec2(404), "but Amazon EC2's (status 404)"),
        (Fault::ec2(401), "but Amazon EC2's (status 401)"),
        (Fault::google(403), "but Google Cloud's (status 403)"),
        (Fault::captive_portal(), "(status 200)"),
    ] {
        answers(fault, &format!("is not Azure's {whose}{hint}"), &[]);
    }
}

fn a_machine_with_its_security_protocol() {
    let words = |user: &str| {
        let program = std::fs::canonicalize(binary()).unwrap();
        format!(
            "the machine's Metadata Security Protocol does not let this program ask (status 403)\nakv-xsoar: hint: have the VM's `InVMAccessControlProfile` let exePath `{}` of the user {user} ask for `/metadata/identity/oauth2/token`\n",
            program.display()
        )
    };
    answers(Fault::locked_down(), &words("`root`"), &[]);
    // As the engine's own user, by its name and without one.
    let as_user = ["setpriv", "--reuid=1234", "--clear-groups"];
    answers(
        Fault::locked_down(),
        &words("with the number 1234"),
        &as_user,
    );
    accounts("demisto:x:1234:1234::/:/bin/sh\n", "");
    answers(Fault::locked_down(), &words("`demisto`"), &as_user);
}
