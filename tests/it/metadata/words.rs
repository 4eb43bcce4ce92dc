//! A service's own words are shown, whatever the status; and so is what its support asks for.

use serde_json::{Value, json};

use super::{SYSTEM, TOKEN, azure, get};
use crate::command::Akv;
use crate::standin::Fault;

/// Status, body, exit code and what is shown. Those that are asked again want a wait that does not fit.
fn rows() -> Vec<(u16, Value, i32, &'static str)> {
    vec![
        (
            429,
            json!({"error": "too_many_requests", "error_description": "Temporarily throttled, please try again later"}),
            8,
            "the metadata endpoint answered 429: Temporarily throttled, please try again later (too_many_requests); the next try would be in 100 s",
        ),
        (
            500,
            json!({"error": "unknown", "error_description": "Failed to retrieve token from the Active directory. For details see logs in C:\\WindowsAzure"}),
            8,
            "the metadata endpoint answered 500: Failed to retrieve token from the Active directory. For details see logs in C:\\WindowsAzure (unknown); the next try",
        ),
        (
            503,
            json!({"error": "server_busy"}),
            8,
            "the metadata endpoint answered 503: server_busy; the next try",
        ),
        (
            404,
            json!({"error": "not_found", "error_description": "IMDS is updating"}),
            8,
            "the metadata endpoint answered 404: IMDS is updating (not_found); the next try",
        ),
        (
            410,
            json!({"error_description": "Resource is gone"}),
            8,
            "the metadata endpoint answered 410: Resource is gone; the next try",
        ),
        (
            401,
            json!({"error": "unknown_source", "error_description": "Unknown Source http://169.254.169.254"}),
            3,
            "the metadata endpoint answered 401: Unknown Source http://169.254.169.254 (unknown_source)\n",
        ),
        (
            405,
            json!({"error": "method_not_allowed", "error_description": "No"}),
            3,
            "the metadata endpoint answered 405: No (method_not_allowed)\n",
        ),
        (
            400,
            json!({"error": "invalid_request", "error_description": "Something", "correlation_id": "c-1"}),
            3,
            "the metadata endpoint answered 400: Something (invalid_request) (correlation id c-1)\n",
        ),
        (
            500,
            json!({"error": {"code": "Internal", "message": "An internal error"}}),
            8,
            "the metadata endpoint answered 500: An internal error (Internal); the next try",
        ),
    ]
}

#[test]
fn the_metadata_endpoint_s() {
    let azure = azure();
    for (status, body, exit, words) in rows() {
        azure.mend();
        let fault = Fault::json(status, &body).header("Retry-After", "100");
        azure.fault("GET metadata/", fault);
        get(&azure)
            .status(exit)
            .stderr_has(format!("{SYSTEM}{words}"))
            .run();
        azure.expect(&[TOKEN]);
    }
}

#[test]
fn app_service_s() {
    let azure = azure();
    let app = azure.app_service();
    let get = || {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .azure(&azure)
            .env("IDENTITY_ENDPOINT", &app.endpoint)
            .env("IDENTITY_HEADER", &app.header)
    };
    for (status, body, exit, words) in [
        (
            500,
            json!({"statusCode": 500, "message": "An unexpected error occured while fetching the AAD Token. Please contact support with this provided Correlation Id", "correlationId": "1c0ffee1-5bfa-4b22-a3f3-0b9a43d9ad8a"}),
            8,
            "the identity endpoint answered 500: An unexpected error occured while fetching the AAD Token. Please contact support with this provided Correlation Id (correlation id 1c0ffee1-5bfa-4b22-a3f3-0b9a43d9ad8a); the next try",
        ),
        (
            429,
            json!({"statusCode": 429, "message": "Too many", "correlationId": "c\n\u{1b}[31m2"}),
            8,
            "the identity endpoint answered 429: Too many (correlation id c [31m2); the next try",
        ),
        (
            503,
            json!({"StatusCode": 503, "Message": "The site is starting", "CorrelationId": "c-3"}),
            8,
            "the identity endpoint answered 503: The site is starting (correlation id c-3); the next try",
        ),
        (
            403,
            json!({"error": {"code": "Forbidden", "message": "Not here"}}),
            3,
            "the identity endpoint answered 403: Not here (Forbidden)\n",
        ),
        (
            400,
            json!({"error": "invalid_request", "error_description": "No such identity"}),
            3,
            "the identity endpoint answered 400: No such identity (invalid_request)\n",
        ),
        (
            401,
            json!({"statusCode": 401, "message": "Unauthorized", "correlationId": ""}),
            3,
            "the identity endpoint answered 401: Unauthorized\n",
        ),
    ] {
        azure.mend();
        let fault = Fault::json(status, &body).header("Retry-After", "100");
        azure.fault("GET app-service/", fault);
        get()
            .status(exit)
            .stderr_has(format!("{SYSTEM}{words}"))
            .run();
        azure.expect(&["GET app-service/*"]);
    }
}

/// App Service says this to a wrong resource or id as well, so that later is not the only advice. Takes all tries.
#[test]
fn app_service_s_500_that_stays() {
    let azure = azure();
    let app = azure.app_service();
    azure.fault(
        "GET app-service/",
        Fault::app_service_error(500, "An unexpected error occured"),
    );
    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(&azure)
        .env("IDENTITY_ENDPOINT", app.endpoint)
        .env("IDENTITY_HEADER", app.header)
        .status(7)
        .stderr_has("the identity endpoint answered 500: An unexpected error occured (correlation id ")
        .stderr_has("), 6 times\n")
        .stderr_has("akv-xsoar: hint: App Service says this of a wrong id or cloud (`--cloud`) too: check them, and that the identity is assigned; else try again later, or give Microsoft's support the correlation id\n")
        .run();
    azure.expect(&["GET app-service/*"; 6]);
}
