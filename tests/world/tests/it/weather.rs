//! Lists come in pages, and faults do what they say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use world::{Fault, What};

use crate::client::{Client, runner};

#[test]
fn lists_come_in_pages() {
    let client = Client::new();
    for number in 0..5 {
        client.orchestrator.add_runner(&runner(&format!("runner-{number}")));
    }
    let (_, first) = client.send(Method::GET, "/orgs/demo-org/runners?per_page=3", None).expect("an answer");
    let token = first["next_page_token"].as_str().expect("there is more");
    let (_, second) =
        client.send(Method::GET, &format!("/orgs/demo-org/runners?per_page=3&page={token}"), None).expect("an answer");
    assert_eq!((first["items"].as_array().map(Vec::len), second["items"].as_array().map(Vec::len)), (Some(3), Some(2)));
    assert_eq!(second.get("next_page_token"), None);
    client.answers_are_valid();
}

#[test]
fn half_an_answer_is_half_an_answer() {
    let client = Client::new();
    client.orchestrator.fault(Fault::once("GET", "", What::Truncate));
    let mut stream = TcpStream::connect(("127.0.0.1", client.orchestrator.port())).expect("a connection");
    let request = format!("GET /orgs/demo-org HTTP/1.1\r\nhost: it\r\nauthorization: Bearer {}\r\n\r\n", client.token);
    stream.write_all(request.as_bytes()).expect("a request");
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    assert_eq!(promised.parse::<usize>().expect("a number") / 2, body.len());
}

#[test]
fn bad_weather_strikes_as_often_as_it_was_told() {
    let client = Client::new();
    let orchestrator = &client.orchestrator;
    orchestrator.fault(Fault::once("GET", "/orgs/demo-org", What::retry_after(1)));
    assert_eq!(client.status(Method::GET, "/orgs/demo-org", Value::Null), 429);
    assert_eq!(client.status(Method::GET, "/orgs/demo-org", Value::Null), 200);
    orchestrator.fault(Fault::once("GET", "/orgs/demo-org", What::Truncate));
    assert!(client.send(Method::GET, "/orgs/demo-org", None).is_err());
    orchestrator.fault(Fault::once("POST", "/runners", What::DropBefore));
    assert!(client.send(Method::POST, "/orgs/demo-org/runners", Some(runner("one"))).is_err());
    assert!(orchestrator.runner("one").is_none());
    orchestrator.fault(Fault::once("POST", "/runners", What::DropAfter));
    assert!(client.send(Method::POST, "/orgs/demo-org/runners", Some(runner("one"))).is_err());
    assert!(orchestrator.runner("one").is_some());
    orchestrator.fault(Fault::once("GET", "", What::Delay(Duration::from_millis(200))));
    let begin = Instant::now();
    assert_eq!(client.status(Method::GET, "/orgs/demo-org", Value::Null), 200);
    assert!(begin.elapsed() >= Duration::from_millis(200));
    orchestrator.fault(Fault::once("GET", "", What::Hang));
    assert!(client.send(Method::GET, "/orgs/demo-org", None).expect_err("it hangs").is_timeout());
    assert_eq!(orchestrator.requests().len(), 7);
}
