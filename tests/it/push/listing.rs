//! The store is seen whole, however a server splits it up, and whoever writes there meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{LIST, PUT, azure, expect, push, run, told};
use crate::standin::{Answer, Credential, Fault, Request, Standin, Xsoar};

/// A store of so many, of which ours are the first and the last.
fn filled(azure: &Standin, count: usize) {
    run(azure, &["kv-prod/a"])
        .stdout("kv-prod/a\tcreated\n")
        .run();
    for number in 2..count {
        let name = format!("other-{number:04}");
        azure.xsoar_credential(Credential::new(&name, "", ""));
    }
    run(azure, &["kv-prod/b"])
        .stdout("kv-prod/b\tcreated\n")
        .stderr_any()
        .run();
    azure.ignore_log();
}

/// What was asked of the list since then.
fn asked(azure: &Standin, since: usize) -> Vec<(u64, u64)> {
    let requests = azure.requests().into_iter().skip(since);
    let lists = requests.filter(|request| request.line() == LIST);
    let number = |body: &Value, name: &str| body[name].as_u64().unwrap();
    lists
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
            (number(&body, "page"), number(&body, "size"))
        })
        .collect()
}

/// Runs with both, finds both as they are, and says which pages were asked for.
#[track_caller]
fn pages(azure: &Standin) -> Vec<(u64, u64)> {
    let since = azure.requests().len();
    push(azure).stdout(told("unchanged", "unchanged")).run();
    asked(azure, since)
}

/// The first pages of a size.
fn each(size: u64, count: u64) -> Vec<(u64, u64)> {
    (0..count).map(|page| (page, size)).collect()
}

#[test]
fn every_page_is_asked_for() {
    for (count, expected) in [
        (2, each(200, 1)),
        (200, each(200, 1)),
        (201, each(200, 2)),
        (400, each(200, 2)),
        (450, each(200, 3)),
    ] {
        let azure = azure();
        filled(&azure, count);
        assert_eq!(pages(&azure), expected, "{count}");
    }
}

/// A server gives fewer at a time than it is asked for, and may count the pages in two ways.
#[test]
fn a_server_has_a_size_of_its_own() {
    let azure = azure();
    azure.xsoar(Xsoar::six().page_limit(50));
    filled(&azure, 120);
    let mut expected = each(50, 3);
    expected[0].1 = 200;
    assert_eq!(pages(&azure), expected);

    let azure = self::azure();
    filled(&azure, 120);
    let all = whole_list(&azure);
    azure.fault(
        LIST,
        paged(move |page, size| {
            let here = all.iter().skip(page * size).take(size.min(50));
            (here.cloned().collect(), Some(all.len()))
        }),
    );
    assert_eq!(pages(&azure), expected);
}

/// All credentials as the server tells them.
fn whole_list(azure: &Standin) -> Vec<Value> {
    let describe = |one: Credential| json!({"id": one.id, "name": one.name, "comment": one.comment, "version": one.version});
    azure.store().into_iter().map(describe).collect()
}

/// A server's own way to make a page: of its number and size, the credentials and how many there are.
fn paged(
    make: impl Fn(usize, usize) -> (Vec<Value>, Option<usize>) + Send + Sync + 'static,
) -> Fault {
    Fault::change(move |request: &Request, answer: &mut Answer| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let number = |name: &str| usize::try_from(body[name].as_u64().unwrap()).unwrap();
        let (here, total) = make(number("page"), number("size"));
        let page = match total {
            Some(total) => json!({"credentials": here, "total": total}),
            None => json!({"credentials": here}),
        };
        answer.body = page.to_string().into_bytes();
    })
}

#[test]
fn without_a_number_of_all_it_goes_on_until_nothing_comes() {
    for (limit, expected) in [(500, each(200, 3)), (50, each(50, 6))] {
        let azure = azure();
        azure.xsoar(Xsoar::six().page_limit(limit));
        filled(&azure, 250);
        azure.fault(LIST, Fault::without("total"));
        let found = pages(&azure);
        assert_eq!(found[1..], expected[1..], "{limit}");
    }
    // A server that does not know pages at all.
    let azure = azure();
    filled(&azure, 250);
    let all = whole_list(&azure);
    azure.fault(LIST, paged(move |_, _| (all.clone(), None)));
    assert_eq!(pages(&azure), each(200, 2));
}

/// What a page has, and how many there are in all.
type Odd = fn(usize, &[Value]) -> (Vec<Value>, usize);

/// Others write while it is listed: what was on a page is now on another.
#[test]
fn a_list_that_moves_is_asked_for_again() {
    // One was deleted from the first page, and the last one moved up to it.
    let deleted = |page: usize, all: &[Value]| match page {
        0 => (all[..200].to_vec(), all.len()),
        _ => (Vec::new(), all.len() - 1),
    };
    // The order is that of the last change: one that was to come moved to the front.
    let moved = |page: usize, all: &[Value]| match page {
        0 => (all[..200].to_vec(), all.len()),
        1 => (all[199..200].to_vec(), all.len()),
        _ => (Vec::new(), all.len()),
    };
    for (odd, requests) in [(deleted as Odd, 2), (moved as Odd, 2)] {
        let azure = azure();
        filled(&azure, 201);
        let all = whole_list(&azure);
        let count = AtomicUsize::new(0);
        azure.fault(
            LIST,
            paged(move |page, size| {
                if count.fetch_add(1, Ordering::Relaxed) < requests {
                    let (here, total) = odd(page, &all);
                    return (here, Some(total));
                }
                let here = all.iter().skip(page * size).take(size);
                (here.cloned().collect(), Some(all.len()))
            }),
        );
        assert_eq!(pages(&azure), [each(200, 2), each(200, 2)].concat());
    }
}

#[test]
fn a_list_that_never_fits_together_is_an_error() {
    let azure = azure();
    azure.fault(LIST, Fault::with("total", 3));
    push(&azure)
        .status(7)
        .stderr(
            "akv-xsoar: error: cannot list the server's credentials: `xsoar.example` answered with 0 of 3 credentials, and no more pages\n\
             akv-xsoar: hint: try again later: others may be writing there\n",
        )
        .run();
    expect(&azure, &[LIST, LIST, LIST]);

    azure.mend();
    let count = AtomicUsize::new(10);
    let one = |id: usize| json!({"id": id.to_string(), "name": "x", "version": 1});
    azure.fault(
        LIST,
        paged(move |_, _| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            (vec![one(number)], Some(number))
        }),
    );
    push(&azure)
        .status(7)
        .stderr_has("answered with a number of credentials that changes from page to page\n")
        .run();
    expect(&azure, &[LIST; 7]);
    assert!(azure.store().is_empty());
}

#[test]
fn a_list_without_end_is_left() {
    let azure = azure();
    let count = AtomicUsize::new(0);
    let one = |id: usize| json!({"id": id.to_string(), "name": "x", "version": 1});
    azure.fault(
        LIST,
        paged(move |_, _| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            (vec![one(number)], Some(1_000_000))
        }),
    );
    push(&azure)
        .status(7)
        .stderr_has("`xsoar.example` answered with more pages than any store has\n")
        .run();
    assert_eq!(azure.count(LIST), 1000);
    azure.ignore_log();
}

#[test]
fn an_answer_that_is_no_list_is_an_error() {
    let kind = "cannot list the server's credentials: `xsoar.example` answered with ";
    for (fault, words) in [
        (Fault::captive_portal(), "no JSON (text/html)\n"),
        (Fault::half(), "JSON that breaks off (application/json)\n"),
        (Fault::raw(200, "text/plain", ""), "no JSON (text/plain)\n"),
        (
            Fault::json(200, &json!([])),
            "JSON that is not what was asked for\n",
        ),
        (
            Fault::with("credentials", 1),
            "JSON that is not what was asked for\n",
        ),
        (
            Fault::with("credentials", json!([{"name": "x"}])),
            "JSON that is not what was asked for\n",
        ),
        (
            Fault::with("total", -1),
            "JSON that is not what was asked for\n",
        ),
        (
            Fault::with("total", "2"),
            "JSON that is not what was asked for\n",
        ),
    ] {
        let azure = azure();
        azure.fault(LIST, fault);
        push(&azure)
            .status(7)
            .stderr_has(format!("{kind}{words}"))
            .stderr_has(
                "hint: something that is not XSOAR's API answers there: check `--xsoar-url`",
            )
            .run();
        expect(&azure, &[]);
    }
}

/// A page of comments may be larger than anything of Azure's, and not larger than makes sense.
#[test]
fn a_page_has_bounds() {
    let azure = azure();
    let long = Credential::new("other", "", "").comment(&"x".repeat(10 << 20));
    azure.xsoar_credential(long);
    push(&azure).stdout(told("created", "created")).run();
    expect(&azure, &[PUT, PUT]);
    for fault in [Fault::endless_sized(), Fault::endless_chunked()] {
        azure.mend();
        azure.fault(LIST, fault);
        push(&azure)
            .status(7)
            .stderr_has("the answer of `xsoar.example` is larger than any that makes sense (16777216 bytes)\n")
            .run();
        expect(&azure, &[]);
    }
}
