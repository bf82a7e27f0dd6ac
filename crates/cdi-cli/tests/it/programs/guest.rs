//! A program that tells what it finds around itself, or tries to get out. Its first argument says what; it says what came of
//! it on standard output, or by its status. It is compiled by the tests as one static file.

use std::io::Write as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let word = |number: usize| arguments.get(number).cloned().unwrap_or_default();
    let answer = match word(1).as_str() {
        "arguments" => format!("{:?}", arguments),
        "variables" => format!("{:?}", std::env::vars().collect::<Vec<_>>()),
        "files" => files(&word(2)),
        "read" => said(std::fs::read_to_string(word(2))),
        "write" => said(std::fs::write(word(2), word(3)).map(|()| "written".to_owned())),
        "descriptors" => descriptors(),
        "child" => child(),
        "thread" => format!("{:?}", std::thread::spawn(|| 7).join().ok()),
        "allocate" => allocate(&word(2)),
        "connect" => said(std::net::TcpStream::connect(word(2)).map(|_| "connected".to_owned())),
        "abstract" => abstract_socket(&word(2)),
        "status" => return ExitCode::from(word(2).parse::<u8>().unwrap_or(99)),
        "abort" => std::process::abort(),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3600));
            String::new()
        }
        "sleepers" => sleepers(&word(2)),
        "mark" => std::hint::black_box(MARK).to_owned(),
        other => format!("unknown `{other}`"),
    };
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{answer}");
    ExitCode::SUCCESS
}

/// The tests have another program, in which these bytes are others.
static MARK: &str = "mark-one";

fn child() -> String {
    unsafe extern "C" {
        fn fork() -> i32;
    }
    match unsafe { fork() } {
        0 => std::process::exit(0),
        pid if pid > 0 => "made".to_owned(),
        _ => format!("error {:?}", std::io::Error::last_os_error().kind()),
    }
}

fn said(result: std::io::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("error {:?}", error.kind()))
}

fn files(path: &str) -> String {
    let names = std::fs::read_dir(path).map(|entries| {
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names.join(" ")
    });
    said(names)
}

/// Which of the first thousand descriptors are open, by asking the kernel about each.
fn descriptors() -> String {
    unsafe extern "C" {
        fn fcntl(descriptor: i32, command: i32) -> i32;
    }
    let open = (0..1000).filter(|&number| unsafe { fcntl(number, 1) } >= 0);
    format!("{:?}", open.collect::<Vec<_>>())
}

fn allocate(mebibytes: &str) -> String {
    let bytes = mebibytes.parse::<usize>().unwrap_or(0) << 20;
    let mut memory: Vec<u8> = Vec::new();
    if memory.try_reserve_exact(bytes).is_err() {
        return "refused".to_owned();
    }
    memory.resize(bytes, 1);
    format!("{} MiB", memory.len() >> 20)
}

fn abstract_socket(name: &str) -> String {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let address = SocketAddr::from_abstract_name(name.as_bytes());
    said(address.and_then(|address| UnixStream::connect_addr(&address)).map(|_| "connected".to_owned()))
}

/// Starts a process that goes by a mark, and waits for longer than anybody does.
fn sleepers(mark: &str) -> String {
    use std::os::unix::process::CommandExt as _;
    if Command::new("/bin/sleep").arg0(mark).arg("1000").spawn().is_err() {
        return "no child".to_owned();
    }
    std::thread::sleep(std::time::Duration::from_secs(1000));
    String::new()
}
