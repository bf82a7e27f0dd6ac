;; Reads far outside of its memory; the address comes out of the memory, so that no compiler knows it.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\fc\ff\ff\ff")
  (func (export "_start")
    (drop (i32.load offset=65536 (i32.load (i32.const 0))))))
