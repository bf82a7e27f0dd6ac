;; Grows its memory by 16 MiB: exits with 0 if it got it, with 3 if not.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (i32.eq (memory.grow (i32.const 256)) (i32.const -1))
      (then (call $proc_exit (i32.const 3))))))
