;; Calls through an empty element of its table.
(module
  (memory (export "memory") 1)
  (table 4 funcref)
  (type $nothing (func))
  (func (export "_start")
    (call_indirect (type $nothing) (i32.load (i32.const 0)))))
