//! Every case of `conformance/gateway`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::{
    case::{Case, Piece, all},
    world::{World, config},
};

#[test]
fn every_case_has_its_answer() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let world = World::start(config());
    let cases = all();
    assert!(cases.len() > 90, "{} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| run(&world, case).err()).collect();
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn run(world: &World, case: &Case) -> Result<(), String> {
    world.seen.lock().unwrap().clear();
    let mut stream = TcpStream::connect(world.plain).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in &case.pieces {
        match piece {
            // The gateway may have refused it already.
            Piece::Bytes(bytes) => drop(stream.write_all(bytes)),
            Piece::WaitMs(ms) => std::thread::sleep(Duration::from_millis(*ms)),
        }
    }
    let answers = read_answers(&mut stream, case.answers.len());
    for (index, wanted) in case.answers.iter().enumerate() {
        let got = answers.get(index).map_or("closed", String::as_str);
        if !wanted.iter().any(|one| one == got) {
            return Err(format!("{}: answer {got}, wanted {wanted:?}", case.name));
        }
    }
    let seen = world.seen.lock().unwrap().clone();
    if case.upstream.first().map(String::as_str) == Some("nothing") {
        return match seen.first() {
            None => Ok(()),
            Some(request) => Err(format!("{}: the server saw {request:?}", case.name)),
        };
    }
    let request = seen.first().map(String::as_str).unwrap_or_default();
    for wanted in &case.upstream {
        check_upstream(request, wanted)
            .map_err(|error| format!("{}: {error}; it saw {request:?}", case.name))?;
    }
    Ok(())
}

fn check_upstream(request: &str, wanted: &str) -> Result<(), String> {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    let lower = head.to_ascii_lowercase();
    let good = if let Some(name) = wanted.strip_prefix('!') {
        !lower.contains(&format!("\r\n{name}:")) && !body.to_ascii_lowercase().contains(&format!("{name}:"))
    } else if let Some(text) = wanted.strip_prefix("body: ") {
        body.contains(text)
    } else if wanted.contains(" HTTP/") {
        head.lines().next() == Some(wanted)
    } else {
        lower.lines().any(|line| line == wanted.to_ascii_lowercase())
    };
    if good { Ok(()) } else { Err(format!("the server should see {wanted:?}")) }
}

/// Status codes of so many answers, fewer when the connection ends before.
fn read_answers(stream: &mut TcpStream, wanted: usize) -> Vec<String> {
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let mut input = Vec::new();
    let mut found = Vec::new();
    loop {
        while let Some(end) = input.windows(4).position(|window: &[u8]| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&input[..end]).to_ascii_lowercase();
            let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let body = if status.starts_with('1') { 0 } else { length.unwrap_or(0) };
            if input.len() < end + 4 + body {
                break;
            }
            input.drain(..end + 4 + body);
            found.push(status);
            if found.len() == wanted {
                return found;
            }
        }
        let mut piece = [0; 16384];
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => input.extend_from_slice(&piece[..count]),
            _ => return found,
        }
    }
}
