//! Modules of a few instructions, for measurements of runtimes that take bytecode.

/// A module with a memory, whose `_start` has this body; with a clock to ask, if it asks one.
fn module(asks: bool, locals: &[u8], body: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    // () -> (), and what clock_time_get of WASI preview 1 is: (i32, i64, i32) -> i32.
    let (nothing, clock) = (&[0x60, 0, 0][..], &[0x60, 3, 0x7f, 0x7e, 0x7f, 1, 0x7f][..]);
    let types = [clock, nothing];
    section(&mut module, 1, types.get(usize::from(!asks)..).unwrap_or_default());
    let own = u8::from(asks);
    if asks {
        let import = [&[22][..], b"wasi_snapshot_preview1", &[14], b"clock_time_get", &[0, 0]].concat();
        section(&mut module, 2, &[&import]);
    }
    section(&mut module, 3, &[&[own]]);
    section(&mut module, 5, &[&[0, 1]]);
    let start = [&[6][..], b"_start", &[0, own]].concat();
    section(&mut module, 7, &[&[&[6][..], b"memory", &[2, 0]].concat(), &start]);
    let code = [locals, body, &[END]].concat();
    section(&mut module, 10, &[&[unsigned(code.len()), code].concat()]);
    module
}

/// A section with so many entries.
fn section(module: &mut Vec<u8>, id: u8, entries: &[&[u8]]) {
    let content = [unsigned(entries.len()), entries.concat()].concat();
    module.push(id);
    module.extend(unsigned(content.len()));
    module.extend(content);
}

const END: u8 = 0x0b;
/// local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0; end
const AGAIN: [u8; 10] = [0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, END];

/// A module that ends at once.
pub(crate) fn nothing() -> Vec<u8> {
    module(false, &[0], &[])
}

/// A module that counts down from a number, one multiplication a round.
pub(crate) fn spinning(rounds: u32) -> Vec<u8> {
    // loop; local.get 1; i64.const 1664525; i64.mul; local.set 1
    let multiply = [&[0x03, 0x40, 0x20, 1, 0x42][..], &signed(1_664_525), &[0x7e, 0x21, 1]].concat();
    module(false, &[2, 1, 0x7f, 1, 0x7e], &[counting(rounds), multiply, AGAIN.to_vec()].concat())
}

/// A module that never ends.
pub(crate) fn endless() -> Vec<u8> {
    // loop; br 0; end
    module(false, &[0], &[0x03, 0x40, 0x0c, 0, END])
}

/// A module that asks its host for the time so many times.
pub(crate) fn calling(rounds: u32) -> Vec<u8> {
    // loop; i32.const 1 (the monotonic clock); i64.const 1; i32.const 0; call 0; drop
    let ask = vec![0x03, 0x40, 0x41, 1, 0x42, 1, 0x41, 0, 0x10, 0, 0x1a];
    module(true, &[1, 1, 0x7f], &[counting(rounds), ask, AGAIN.to_vec()].concat())
}

/// i32.const ROUNDS; local.set 0
fn counting(rounds: u32) -> Vec<u8> {
    [&[0x41][..], &signed(i64::from(rounds.cast_signed())), &[0x21, 0]].concat()
}

/// LEB128.
fn unsigned(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// LEB128 with a sign.
fn signed(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let done = value == if byte & 0x40 == 0 { 0 } else { -1 };
        bytes.push(if done { byte } else { byte | 0x80 });
        if done {
            return bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_modules_that_they_are_meant_to_be() {
        let module = |types: &str, import: &str, start: &str| {
            let text = format!(
                "(module {types} {import} (func {start}) (memory 1) (export \"memory\" (memory 0)) (export \"_start\" (func {})))",
                u8::from(!import.is_empty())
            );
            wat::parse_str(text).unwrap()
        };
        let plain = |start: &str| module("(type (func))", "", start);
        assert_eq!(nothing(), plain(""));
        assert_eq!(endless(), plain("(loop br 0)"));
        for rounds in [1, 64, 300_000, 50_000_000] {
            let again = "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0";
            let begin = format!("i32.const {rounds} local.set 0");
            let multiply = "local.get 1 i64.const 1664525 i64.mul local.set 1";
            assert_eq!(
                spinning(rounds),
                plain(&format!("(local i32 i64) {begin} loop {multiply} {again} end"))
            );
            let types = "(type (func (param i32 i64 i32) (result i32))) (type (func))";
            let import = "(import \"wasi_snapshot_preview1\" \"clock_time_get\" (func (type 0)))";
            let ask = "i32.const 1 i64.const 1 i32.const 0 call 0 drop";
            let start = format!("(type 1) (local i32) {begin} loop {ask} {again} end");
            assert_eq!(calling(rounds), module(types, import, &start));
        }
    }
}
