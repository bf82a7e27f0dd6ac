#!/usr/bin/env python3
"""Fails unless every import of a Wasm module is a WASI preview 1 function that opens no socket.

usage: imports.py MODULE
"""
import sys

IMPORT_SECTION = 2
FUNCTION = 0


class Reader:
    def __init__(self, data, at):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        """Unsigned LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def name(self):
        length = self.number()
        self.at += length
        return self.data[self.at - length:self.at].decode()


def imports(data):
    if data[:8] != b"\0asm\1\0\0\0":
        sys.exit("imports.py: not a Wasm module")
    reader = Reader(data, 8)
    while reader.at < len(data):
        section, size = reader.byte(), reader.number()
        end = reader.at + size
        if section == IMPORT_SECTION:
            for _ in range(reader.number()):
                module, name, kind = reader.name(), reader.name(), reader.byte()
                if kind != FUNCTION:
                    sys.exit(f"imports.py: `{module}.{name}` is not a function")
                reader.number()
                yield module, name
        reader.at = end


def main():
    with open(sys.argv[1], "rb") as file:
        found = list(imports(file.read()))
    if not found:
        sys.exit("imports.py: no imports, so this is not a WASI program")
    for module, name in found:
        if module != "wasi_snapshot_preview1" or name.startswith("sock_"):
            sys.exit(f"imports.py: `{module}.{name}` is not allowed")
        print(f"{module}.{name}")


if __name__ == "__main__":
    main()
