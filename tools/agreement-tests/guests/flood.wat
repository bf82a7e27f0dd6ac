;; Writes to standard error for ever: it ends up in a blocked write when nobody reads.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; An address and a length of 16 KiB.
  (data (i32.const 0) "\00\04\00\00\00\40\00\00")
  (func (export "_start")
    (loop $again
      (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 64)))
      (br $again))))
