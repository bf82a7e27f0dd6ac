"""Tests of the program whose path is the first argument. The status is 0 if all of them pass."""

import runpy
import sys

price = runpy.run_path(sys.argv[1])["price"]

assert price(1, 100) == 100
assert price(9, 100) == 900
assert price(10, 100) == 900, "a tenth less from ten on"
