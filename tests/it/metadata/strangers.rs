//! What answers at the metadata endpoint's address and is not Azure's: another cloud, a proxy, a portal.

use super::{NOT_A_VM, READ, SYSTEM, TOKEN, azure, get};
use crate::command::Akv;
use crate::standin::{Fault, Standin};

/// What answers, and whose it is said to be.
fn strangers() -> Vec<(Fault, String)> {
    let ec2 = |status| format!("but Amazon EC2's (status {status})");
    let google = |status| format!("but Google Cloud's (status {status})");
    let nobody = |status| format!("(status {status})");
    let html = "<html><body>No</body></html>";
    let mut all = Vec::new();
    // As each of them answers to this path, and whatever else they may think of.
    for status in [200, 301, 400, 401, 403, 404, 410, 429, 500, 503] {
        all.push((Fault::ec2(status), ec2(status)));
        all.push((Fault::google(status), google(status)));
        all.push((Fault::raw(status, "text/html", html), nobody(status)));
    }
    all.extend([
        // By a header alone.
        (
            Fault::raw(404, "text/plain", "Not Found").header("Server", "EC2ws"),
            ec2(404),
        ),
        (
            Fault::raw(401, "text/plain", "Unauthorized")
                .header("X-aws-ec2-metadata-token-ttl-seconds", "0"),
            ec2(401),
        ),
        (
            Fault::raw(404, "text/plain", "").header("metadata-flavor", "google"),
            google(404),
        ),
        // By the look of it, whatever it is called.
        (
            Fault::raw(404, "text/plain", "\n <!DOCTYPE html><title>"),
            nobody(404),
        ),
        (
            Fault::raw(503, "application/octet-stream", "\u{feff}<html>"),
            nobody(503),
        ),
        (Fault::raw(404, "application/xml", "<Error/>"), nobody(404)),
        (Fault::raw(404, "application/xhtml+xml", ""), nobody(404)),
        (Fault::captive_portal(), nobody(200)),
        (Fault::redirect("https://portal.example/"), nobody(302)),
        // Words where Azure has JSON.
        (
            Fault::raw(401, "text/plain", "401 - Unauthorized"),
            nobody(401),
        ),
        (Fault::raw(400, "text/plain", "Bad Request"), nobody(400)),
        (Fault::status(405), nobody(405)),
        (Fault::raw(200, "text/plain", "latest\nhello"), nobody(200)),
        (Fault::raw(200, "text/plain", ""), nobody(200)),
        (Fault::empty(302), nobody(302)),
    ]);
    all
}

#[test]
fn it_is_no_azure_vm_whatever_the_status_and_at_once() {
    let azure = Standin::start();
    for (fault, whose) in strangers() {
        azure.mend();
        azure.fault("GET metadata/", fault);

        get(&azure)
            .status(3)
            .stderr(format!(
                "{SYSTEM}what answers at the metadata endpoint's address is not Azure's {whose}\n{NOT_A_VM}"
            ))
            .run();

        azure.expect(&[TOKEN]);
    }
}

#[test]
fn check_says_the_same() {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    let hint = NOT_A_VM.trim_end().rsplit("hint: ").next().unwrap();
    for (fault, whose) in [
        (Fault::ec2(404), "but Amazon EC2's (status 404)"),
        (Fault::google(404), "but Google Cloud's (status 404)"),
        (Fault::captive_portal(), "(status 200)"),
    ] {
        azure.mend();
        azure.fault("GET metadata/", fault);
        Akv::new()
            .args(["check", "kv-prod/api"])
            .azure(&azure)
            .status(3)
            .stdout_has(format!("FAILED token: cannot get a token for this machine's managed identity: what answers at the metadata endpoint's address is not Azure's {whose}; what to do: {hint}\n"))
            .run();
        azure.expect(&["GET kv-prod.vault.azure.net/*", TOKEN]);
    }
}

#[test]
fn what_is_no_http_at_all() {
    let azure = Standin::start();
    for bytes in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "220 mail.example ESMTP\r\n",
        "\0\0\0",
    ] {
        azure.mend();
        azure.fault("GET metadata/", Fault::garbage(bytes));
        get(&azure)
            .status(3)
            .stderr(format!("{SYSTEM}there is no metadata endpoint here (the answer of `127.0.0.1` makes no sense: it is not HTTP)\n{NOT_A_VM}"))
            .run();
        azure.expect(&[TOKEN]);
    }
}

/// The host of an Azure VM has pages of its own while its service is away.
#[test]
fn the_host_s_own_page_is_asked_again() {
    let page = "<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD></HTML>";
    for status in [404, 503] {
        let azure = azure();
        azure.fault(
            "GET metadata/",
            Fault::raw(status, "text/html; charset=us-ascii", page)
                .header("Server", "Microsoft-HTTPAPI/2.0")
                .once(),
        );
        get(&azure).stdout("value-of-api").run();
        azure.expect(&[TOKEN, TOKEN, READ]);
    }
}

/// In a pod the likely reason is another one.
#[test]
fn in_a_pod() {
    let azure = Standin::start();
    let label = "akv-xsoar: hint: in Kubernetes, workload identity needs the label `azure.workload.identity/use: \"true\"` on the pod when it is created, and the annotation `azure.workload.identity/client-id` on its service account: then `AZURE_FEDERATED_TOKEN_FILE` is set; a managed identity here is the node's\n";
    for fault in [
        Fault::ec2(404),
        Fault::metadata_unreachable(),
        Fault::captive_portal(),
        Fault::metadata_error(400, "invalid_request", "Identity not found"),
    ] {
        azure.mend();
        azure.fault("GET metadata/", fault);
        get(&azure)
            .env("KUBERNETES_SERVICE_HOST", "10.0.0.1")
            .status(3)
            .stderr_has(label)
            .run();
        azure.expect(&[TOKEN]);
    }
}
