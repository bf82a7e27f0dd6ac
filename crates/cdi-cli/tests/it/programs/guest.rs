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
        "fill" => said(fill(&word(2), &word(3)).map(|()| "filled".to_owned())),
        "input" => said(std::io::read_to_string(std::io::stdin())),
        "write" => said(std::fs::write(word(2), word(3)).map(|()| "written".to_owned())),
        "descriptors" => descriptors(),
        "child" => child(),
        "thread" => format!("{:?}", std::thread::spawn(|| 7).join().ok()),
        "allocate" => allocate(&word(2)),
        "connect" => said(std::net::TcpStream::connect(word(2)).map(|_| "connected".to_owned())),
        "abstract" => abstract_socket(&word(2)),
        "mode" => said(mode(&word(2), &word(3))),
        "create" => said(create(&word(2), &word(3), 0)),
        "nameless" => said(create(&word(2), &word(3), O_TMPFILE)),
        "folder" => said(folder(&word(2), &word(3))),
        "node" => node(&word(2), &word(3)),
        "call" => call(&arguments[2..]),
        "unix" => said(std::os::unix::net::UnixStream::connect(word(2)).map(|_| "connected".to_owned())),
        "datagram" => said(std::os::unix::net::UnixDatagram::unbound().and_then(|own| datagram(&own, &word(2)))),
        "pair" => said(std::os::unix::net::UnixDatagram::pair().and_then(|(own, _)| datagram(&own, &word(2)))),
        "streams" => said(std::os::unix::net::UnixStream::pair().map(|_| "paired".to_owned())),
        "status" => return ExitCode::from(word(2).parse::<u8>().unwrap_or(99)),
        "abort" => std::process::abort(),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "sleep" => {
            println!("sleeping");
            std::thread::sleep(std::time::Duration::from_secs(3600));
            String::new()
        }
        "deaf" => deaf(),
        "heeds" => return heeds(word(2).parse().unwrap_or(15)),
        "copy" => said(std::io::copy(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()).map(|_| String::new())),
        "pour" => pour(),
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

/// Sleeps, and does not end when it is asked to.
fn deaf() -> String {
    unsafe extern "C" {
        fn signal(number: i32, action: usize) -> usize;
    }
    unsafe { signal(15, 1) };
    println!("sleeping");
    std::thread::sleep(std::time::Duration::from_secs(3600));
    String::new()
}

/// Waits for a signal, says that it has come, and ends with a status of its own.
fn heeds(number: i32) -> ExitCode {
    use std::sync::atomic::{AtomicI32, Ordering};
    unsafe extern "C" {
        fn signal(number: i32, action: usize) -> usize;
        fn pause() -> i32;
    }
    static CAME: AtomicI32 = AtomicI32::new(0);
    extern "C" fn note(number: i32) {
        CAME.store(number, Ordering::SeqCst);
    }
    unsafe { signal(number, note as extern "C" fn(i32) as usize) };
    println!("heeding");
    while CAME.load(Ordering::SeqCst) == 0 {
        unsafe { pause() };
    }
    println!("came {}", CAME.load(Ordering::SeqCst));
    ExitCode::from(7)
}

/// Writes until nobody takes any more.
fn pour() -> String {
    let chunk = [b'x'; 1 << 16];
    let mut out = std::io::stdout().lock();
    loop {
        if let Err(error) = out.write_all(&chunk) {
            eprintln!("told {:?}", error.kind());
            std::process::exit(3);
        }
    }
}

fn said(result: std::io::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("error {:?}", error.kind()))
}

const O_TMPFILE: i32 = 0o20200000;

fn octal(mode: &str) -> u32 {
    u32::from_str_radix(mode, 8).unwrap_or(0)
}

fn mode(path: &str, mode: &str) -> std::io::Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(octal(mode))).map(|()| "changed".to_owned())
}

fn create(path: &str, mode: &str, flags: i32) -> std::io::Result<String> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(flags == 0).mode(octal(mode)).custom_flags(flags);
    options.open(path).map(|_| "made".to_owned())
}

fn folder(path: &str, mode: &str) -> std::io::Result<String> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(octal(mode)).create(path).map(|()| "made".to_owned())
}

fn node(path: &str, mode: &str) -> String {
    unsafe extern "C" {
        fn mknod(path: *const std::ffi::c_char, mode: u32, device: u64) -> i32;
    }
    let path = std::ffi::CString::new(path).unwrap_or_default();
    made(unsafe { mknod(path.as_ptr(), 0o100000 | octal(mode), 0) }.into())
}

fn made(result: i64) -> String {
    if result < 0 { format!("error {:?}", std::io::Error::last_os_error().kind()) } else { "made".to_owned() }
}

/// A system call by its number. An argument that is no number is a text.
fn call(words: &[String]) -> String {
    unsafe extern "C" {
        fn syscall(number: i64, ...) -> i64;
    }
    let texts: Vec<_> = words.iter().map(|word| std::ffi::CString::new(word.as_str()).unwrap_or_default()).collect();
    let value = |number: usize| match (words.get(number), texts.get(number)) {
        (Some(word), Some(text)) => word.parse().unwrap_or(text.as_ptr() as i64),
        _ => 0,
    };
    // What openat2(2) reads: flags, mode, resolve.
    let how = [0o101_u64, 0o4755, 0];
    let third = if value(0) == 437 { how.as_ptr() as i64 } else { value(3) };
    made(unsafe { syscall(value(0), value(1), value(2), third, value(4)) })
}

fn datagram(own: &std::os::unix::net::UnixDatagram, path: &str) -> std::io::Result<String> {
    own.send_to(b"hello", path).map(|_| "sent".to_owned())
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

/// Writes so many MiB to a file.
fn fill(path: &str, mebibytes: &str) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    let block = vec![7; 1 << 20];
    for _ in 0..mebibytes.parse::<u32>().unwrap_or(0) {
        std::io::Write::write_all(&mut file, &block)?;
    }
    Ok(())
}
