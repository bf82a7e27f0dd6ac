use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::super::{Access, Grant};
use super::*;

const LIMITS: GuestLimits = GuestLimits { memory_bytes: 1 << 20, time: Duration::from_secs(60) };

fn run(text: &str, request: &WasiRequest) -> Result<GuestExit, EngineError> {
    run_bytecode(&wat::parse_str(text).unwrap(), request, LIMITS)
}

fn plain(text: &str) -> Result<GuestExit, EngineError> {
    run(text, &WasiRequest::default())
}

fn code(text: &str) -> &'static str {
    plain(text).unwrap_err().code()
}

/// A guest whose `_start` does this, with what it imports.
fn guest(imports: &str, body: &str) -> String {
    format!("(module {imports} (memory (export \"memory\") 1) (func (export \"_start\") {body}))")
}

const EXIT: &str = "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))";

#[test]
fn a_guest_ends_as_it_says() {
    assert_eq!(plain(&guest("", "")).unwrap(), GuestExit { status: 0 });
    for status in [0_u8, 1, 7, 125] {
        let text = guest(EXIT, &format!("(call $exit (i32.const {status}))"));
        assert_eq!(plain(&text).unwrap(), GuestExit { status });
    }
    assert_eq!(code(&guest(EXIT, "(call $exit (i32.const 126))")), "host-call-failed");
}

#[test]
fn what_webassembly_forbids_is_a_trap_of_the_same_name_as_of_the_engine() {
    let cases = [
        ("unreachable", Trap::UnreachableCodeReached),
        ("(drop (i32.load (i32.const 65536)))", Trap::MemoryOutOfBounds),
        ("(drop (i32.load offset=4294967295 (i32.const -1)))", Trap::MemoryOutOfBounds),
        ("(i32.store8 (i32.const -1) (i32.const 1))", Trap::MemoryOutOfBounds),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", Trap::IntegerDivisionByZero),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", Trap::IntegerOverflow),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", Trap::BadConversionToInteger),
    ];
    for (body, expected) in cases {
        match plain(&guest("", body)) {
            Err(EngineError::Trapped { trap, refused: None }) => assert_eq!(trap, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let table = "(type $t (func)) (func $f (param i32)) (table 2 funcref) (elem (i32.const 0) func $f)";
    for (index, expected) in
        [(0, Trap::BadSignature), (1, Trap::IndirectCallToNull), (2, Trap::TableOutOfBounds)]
    {
        let call = format!("(call_indirect (type $t) (i32.const {index}))");
        match plain(&guest(table, &call)) {
            Err(EngineError::Trapped { trap, refused: None }) => assert_eq!(trap, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let endless = "(module (memory (export \"memory\") 1) (func $f (export \"_start\") (call $f)))";
    assert!(matches!(plain(endless), Err(EngineError::Trapped { trap: Trap::StackOverflow, .. })));
}

#[test]
fn a_certification_is_of_this_interpreter_with_these_features() {
    let settings = settings();
    assert_eq!((settings.len(), settings["engine"].as_str()), (2, "wasmi-2"));
    assert_eq!(settings["wasm-features"].split(',').count(), 8);
}

/// However long a guest runs, the host's stack does not grow: this one takes some million instructions.
#[test]
fn instructions_are_not_the_host_s_stack() {
    let counting = "(local $n i32) (local.set $n (i32.const 3000000)) \
                    (loop $again (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $again (local.get $n)))";
    let outcome = std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(move || plain(&guest("", counting)).unwrap())
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(outcome, GuestExit { status: 0 });
}

#[test]
fn memory_beyond_the_limit_is_refused_and_named() {
    // More than the limit at the start.
    assert_eq!(
        code("(module (memory (export \"memory\") 17) (func (export \"_start\")))"),
        "memory-limit-exceeded"
    );
    // A growth fails for the guest, and the trap that follows names it.
    let grow = guest("", "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))");
    match plain(&grow) {
        Err(EngineError::Trapped { refused: Some(Refusal::Memory { limit, .. }), .. }) => {
            assert_eq!(limit, 1 << 20)
        }
        other => panic!("{other:?}"),
    }
    assert!(plain(&guest("", "(drop (memory.grow (i32.const 15)))")).is_ok());
    assert_eq!(code("(module (table 1000001 funcref) (func (export \"_start\")))"), "table-limit-exceeded");
}

#[test]
fn a_guest_has_so_many_tables_and_no_more() {
    let tables = |number: usize| {
        let tables = "(table 1 funcref)".repeat(number);
        plain(&format!("(module {tables} (memory (export \"memory\") 1) (func (export \"_start\")))"))
    };
    assert_eq!(tables(8).unwrap(), GuestExit { status: 0 });
    assert_eq!(tables(9).unwrap_err().code(), "instantiation-failed");
}

#[test]
fn only_bytecode_of_what_profiles_have_on_is_read() {
    for bytes in
        [b"".as_slice(), b"\x7fELF\x02\x01\x01", b"(module)", b"\0asm\x0d\0\x01\0", b"\0asm\x01\0\0\0\x01"]
    {
        let error = run_bytecode(bytes, &WasiRequest::default(), LIMITS).unwrap_err();
        assert_eq!(error.code(), "artifact-refused-by-engine", "{bytes:?}");
    }
    let off = [
        "(module (memory 1) (memory 1) (func (export \"_start\")))",
        "(module (memory i64 1) (func (export \"_start\")))",
        "(module (func $f) (func (export \"_start\") return_call $f))",
        "(module (func (export \"_start\") (drop (v128.const i32x4 0 0 0 0))))",
        "(module (memory 1 1 shared) (func (export \"_start\")))",
    ];
    for text in off {
        assert_eq!(code(text), "artifact-refused-by-engine", "{text}");
    }
}

#[test]
fn imports_and_the_entry_point_are_checked_before_anything_runs() {
    let import = "(module (import \"env\" \"system\" (func)) (func (export \"_start\")))";
    assert_eq!(code(import), "import-unavailable");
    let unstable =
        "(module (import \"wasi_unstable\" \"proc_exit\" (func (param i32))) (func (export \"_start\")))";
    assert_eq!(code(unstable), "import-unavailable");
    let mistyped = "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i64))) (func (export \"_start\")))";
    assert_eq!(code(mistyped), "instantiation-failed");
    assert_eq!(code("(module)"), "entry-point-missing");
    assert_eq!(code("(module (func (export \"_start\") (param i32)))"), "entry-point-missing");
}

#[test]
fn host_calls_without_memory_end_the_guest() {
    let text = format!("(module {EXIT} (func (export \"_start\") (call $exit (i32.const 3))))");
    assert_eq!(code(&text), "host-call-failed");
}

/// Every function that the engine offers to precompiled guests is offered to interpreted ones, with the same signature.
#[test]
fn the_interpreter_offers_what_the_engine_offers() {
    let engine = wasmtime::Engine::default();
    let mut theirs = wasmtime::Linker::<WasiP1Ctx>::new(&engine);
    wasmtime_wasi::p1::add_to_linker_sync(&mut theirs, |context| context).unwrap();
    let mut store = wasmtime::Store::new(&engine, wasi::context(&WasiRequest::default()).unwrap());
    let found: Vec<_> = theirs
        .iter(&mut store)
        .map(|(module, name, found)| (module.to_owned(), name.to_owned(), found))
        .collect();
    let mut text = String::from("(module ");
    for (module, name, found) in found {
        assert!(host::offers(&module, &name), "{module} {name}");
        let signature = found.ty(&store).unwrap_func().clone();
        let words = |types: &mut dyn Iterator<Item = wasmtime::ValType>| {
            types.map(|of| format!("{of} ")).collect::<String>()
        };
        let (parameters, results) = (words(&mut signature.params()), words(&mut signature.results()));
        write!(text, "(import \"{module}\" \"{name}\" (func (param {parameters}) (result {results})))")
            .unwrap();
    }
    text.push_str("(func (export \"_start\")))");
    // A signature of another type would not be instantiated.
    assert_eq!(plain(&text).unwrap(), GuestExit { status: 0 });
}

/// The guest opens `f` in its first directory, for reading or for making it, and ends with the error number.
fn opens(flags: u32, rights: u64) -> String {
    let import = "(import \"wasi_snapshot_preview1\" \"path_open\" (func $open \
                  (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))";
    let body = format!(
        "(i32.store8 (i32.const 0) (i32.const 102)) \
         (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const {flags}) \
         (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const 8)))"
    );
    guest(&format!("{EXIT} {import}"), &body)
}

#[test]
fn a_directory_for_reading_is_for_reading() {
    let folder = tempfile::tempdir().unwrap();
    let granted = |access| WasiRequest {
        directories: vec![Grant { host: folder.path().to_owned(), guest: "/data".into(), access }],
        ..WasiRequest::default()
    };
    let (create, write) = (opens(1, 0x40), folder.path().join("f"));
    let refused = run(&create, &granted(Access::Read)).unwrap();
    assert_ne!(refused.status, 0);
    assert!(!write.exists());
    assert_eq!(run(&create, &granted(Access::ReadWrite)).unwrap().status, 0);
    assert!(write.exists());
    assert_eq!(run(&opens(0, 0x2), &granted(Access::Read)).unwrap().status, 0);
    assert_ne!(run(&opens(0, 0x40), &granted(Access::Read)).unwrap().status, 0);
    assert!(Path::new(folder.path()).exists());
}
