//! The proxy adds what it was told to add.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use world::{Latency, Orchestrator, Setup};

#[test]
fn a_round_trip_costs_what_it_should() {
    let orchestrator = Orchestrator::start(Setup::demo());
    let proxy = Latency::start(orchestrator.port(), Duration::from_millis(50));
    let begin = Instant::now();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", proxy.port())).expect("a connection");
    let mut ask = || {
        stream.write_all(b"GET /orgs/demo-org HTTP/1.1\r\nhost: it\r\n\r\n").expect("a request");
        let mut buffer = [0; 4096];
        stream.read(&mut buffer).expect("an answer")
    };
    assert!(ask() > 0);
    let first = begin.elapsed();
    assert!(ask() > 0);
    let second = begin.elapsed() - first;
    assert!((100..400).contains(&first.as_millis()), "two round trips: {first:?}");
    assert!((50..300).contains(&second.as_millis()), "one round trip: {second:?}");
    assert_eq!(proxy.connections(), 1);
    assert!(proxy.bytes().0 > 60 && proxy.bytes().1 > 100);
}
