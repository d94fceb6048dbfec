//! A small HTTP/1.1 server for tests, one that can also answer badly.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub method: String,
    /// Path and query, or the whole URL when it came through a proxy.
    pub target: String,
    pub headers: String,
    pub body: String,
}

/// What the server does with a request.
pub(super) enum Reply {
    Answer(u16, &'static str, String),
    /// The headers promise more than comes.
    CutOff(u16, String),
    /// The connection ends without an answer.
    Drop,
    /// Nothing comes for a while.
    Hang,
}

pub(super) fn json(status: u16, body: &serde_json::Value) -> Reply {
    Reply::Answer(status, "Content-Type: application/json\r\n", body.to_string())
}

/// Listens until the test process ends.
pub(super) struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// `answer` gets the number of the request, from 0, and the request.
    pub(super) fn start(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), seen.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (answer.clone(), log.clone());
                thread::spawn(move || serve(&stream, &*answer, &log));
            }
        });
        Self { port, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and target of every request so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }
}

fn serve(stream: &TcpStream, answer: &dyn Fn(usize, &Seen) -> Reply, log: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read(&mut reader) {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.len() - 1
        };
        let mut out = stream;
        match answer(number, &seen) {
            Reply::Answer(status, headers, body) => {
                write!(out, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            }
            Reply::CutOff(status, body) => {
                write!(out, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len() + 100).unwrap();
                return;
            }
            Reply::Drop => return,
            Reply::Hang => thread::sleep(Duration::from_secs(3)),
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = String::new();
    while reader.read_line(&mut headers).ok()? > 2 {}
    let length = headers.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, target, headers, body: String::from_utf8(body).ok()? })
}
