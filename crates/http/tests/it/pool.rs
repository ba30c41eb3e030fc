//! Requests whose answers come piece by piece, and what becomes of their connections.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use expect_test::expect;
use http::{Address, Coming, Kind, Pool, Result};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

const WAIT: Duration = Duration::from_secs(20);
const WATER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwater";

/// A pool, and a server whose connections the test serves itself.
struct World {
    pool: Arc<Pool>,
    address: Address,
    server: String,
    connections: Receiver<TcpStream>,
}

impl World {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let (sender, connections) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                connection.set_read_timeout(Some(WAIT)).unwrap();
                if sender.send(connection).is_err() {
                    return;
                }
            }
        });
        Self {
            pool: Arc::new(Pool::new(2_000)),
            address: Address::read(&format!("http://{server}/v1/x?y=1"), Some("s3cret")).unwrap(),
            server,
            connections,
        }
    }

    fn post(&self) -> JoinHandle<Result<Coming>> {
        let (pool, address) = (Arc::clone(&self.pool), self.address.clone());
        runtime().spawn(async move {
            let header = Some(("headwater-call", "abc"));
            pool.post(&address, header, Bytes::from_static(b"{}")).await
        })
    }

    fn connection(&self) -> TcpStream {
        self.connections.recv_timeout(WAIT).unwrap()
    }

    fn has_no_other_connection(&self) {
        assert!(self.connections.try_recv().is_err());
    }
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    })
}

fn head(asked: JoinHandle<Result<Coming>>) -> Result<Coming> {
    runtime().block_on(asked).unwrap()
}

fn chunk(coming: &mut Coming) -> Result<Option<Bytes>> {
    let chunk = async { tokio::time::timeout(WAIT, coming.chunk()).await };
    runtime().block_on(chunk).expect("it ends")
}

fn whole(mut coming: Coming) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(piece) = chunk(&mut coming)? {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// One request, whose body is `{}`.
fn request(connection: &mut TcpStream) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n{}") {
        connection.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

fn serve(connection: &mut TcpStream, answer: &str) -> String {
    let asked = request(connection);
    connection.write_all(answer.as_bytes()).unwrap();
    asked
}

#[test]
fn a_request_says_all_it_must_and_a_connection_serves_one_after_the_other() {
    let world = World::start();
    let asked = world.post();
    let mut connection = world.connection();
    let said = serve(&mut connection, WATER).replace(&world.server, "SERVER");
    let (first, headers) = said.split_once("\r\n").unwrap();
    let mut headers: Vec<&str> = headers.lines().collect();
    headers.sort_unstable();
    expect![[r#"
        POST /v1/x?y=1 HTTP/1.1

        accept: */*
        authorization: Bearer s3cret
        content-length: 2
        content-type: application/json
        headwater-call: abc
        host: SERVER
        user-agent: headwater/0.1.0
        {}
    "#]]
    .assert_eq(&format!("{first}\n{}\n", headers.join("\n")));
    let coming = head(asked).unwrap();
    assert_eq!(
        (coming.status, coming.header("content-length")),
        (200, Some("5"))
    );
    assert_eq!(whole(coming).unwrap(), b"water");
    let empty = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nwat\r\n2\r\ner\r\n0\r\n\r\n";
    for (answer, body) in [
        (empty, ""),
        (chunked, "water"),
        (empty, ""),
        (WATER, "water"),
    ] {
        let asked = world.post();
        serve(&mut connection, answer);
        assert_eq!(whole(head(asked).unwrap()).unwrap(), body.as_bytes());
    }
    world.has_no_other_connection();
}

#[test]
fn requests_at_once_have_a_connection_each() {
    let world = World::start();
    let (one, other) = (world.post(), world.post());
    let (mut first, mut second) = (world.connection(), world.connection());
    serve(&mut second, WATER);
    serve(&mut first, WATER);
    for asked in [one, other] {
        assert_eq!(whole(head(asked).unwrap()).unwrap(), b"water");
    }
    world.has_no_other_connection();
}

#[test]
fn a_connection_that_was_closed_while_it_waited_costs_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let address = Address::read(&url, None).unwrap();
    let pool = Pool::new(2_000);
    // On one thread: what has come in is looked at whenever a task gives way.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    for _ in 0..3 {
        let body = std::thread::scope(|scope| {
            let served = scope.spawn(|| serve(&mut listener.accept().unwrap().0, WATER));
            let body = runtime.block_on(async {
                let posted = pool.post(&address, None, Bytes::from_static(b"{}"));
                posted.await.unwrap().chunk().await.unwrap()
            });
            served.join().unwrap();
            body
        });
        assert_eq!(body.unwrap(), "water");
        runtime.block_on(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
    }
}

#[test]
fn a_server_that_wants_no_second_request_gets_none() {
    let world = World::start();
    for _ in 0..2 {
        let asked = world.post();
        let mut connection = world.connection();
        serve(
            &mut connection,
            &WATER.replace("200 OK\r\n", "200 OK\r\nconnection: close\r\n"),
        );
        assert_eq!(whole(head(asked).unwrap()).unwrap(), b"water");
        assert_eq!(connection.read(&mut [0]).unwrap(), 0, "it was closed");
    }
}

#[test]
fn an_answer_comes_as_it_is_sent_and_ends_where_nobody_reads_on() {
    let world = World::start();
    let asked = world.post();
    let mut connection = world.connection();
    serve(
        &mut connection,
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    let mut coming = head(asked).unwrap();
    for word in ["one", "two"] {
        write!(connection, "3\r\n{word}\r\n").unwrap();
        assert_eq!(chunk(&mut coming).unwrap().unwrap(), word);
    }
    drop(coming);
    assert_eq!(connection.read(&mut [0]).unwrap_or(0), 0, "it was closed");
    let asked = world.post();
    serve(&mut world.connection(), WATER);
    assert_eq!(whole(head(asked).unwrap()).unwrap(), b"water");
}

#[test]
fn what_breaks_off_or_is_no_http_is_unavailable() {
    let world = World::start();
    let mut told = Vec::new();
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nwater",
        "SSH-2.0-x\r\n\r\n",
    ] {
        let asked = world.post();
        let mut connection = world.connection();
        serve(&mut connection, answer);
        drop(connection);
        let error = head(asked).and_then(whole).unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        told.push(error.to_string().replace(&world.server, "SERVER"));
    }
    expect![[r#"
        cannot post to `http://SERVER/v1/x?y=1`: connection closed before message completed
        cannot read an answer to its end: end of file before message length reached
        cannot post to `http://SERVER/v1/x?y=1`: invalid HTTP version parsed"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn nobody_listens() {
    let world = World::start();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let address = Address::read(&format!("http://{free}/"), None).unwrap();
    let asked = world.pool.post(&address, None, Bytes::new());
    let error = runtime().block_on(asked).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    expect!["cannot post to `http://SERVER/`: Connection refused (os error 111)"]
        .assert_eq(&error.to_string().replace(&free.to_string(), "SERVER"));
}

#[test]
fn an_address_is_refused_before_anything_is_sent() {
    let told = [
        ("ftp://a/", None),
        ("http://", None),
        ("http://a/", Some("a\nb")),
    ]
    .map(|(url, secret)| Address::read(url, secret).unwrap_err().to_string());
    expect![[r#"
        cannot post to `ftp://a/`: the scheme `ftp` is not http or https
        cannot post to `http://`: it is no URL: empty host
        cannot post to `http://a/`: its secret has letters that no header can bring"#]]
    .assert_eq(&told.join("\n"));
}
