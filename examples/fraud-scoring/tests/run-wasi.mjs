// Runs a WASI command under Node.js, with the current directory as its only directory:
//     node --no-warnings run-wasi.mjs MODULE [ARGUMENT...] > FILE
// Node.js makes pipes non-blocking, so a reader slower than the program ends it with status 2: write to a file.
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { WASI } from "node:wasi";

const [, , module, ...args] = argv;
const wasi = new WASI({ version: "preview1", args: ["fraud-scoring", ...args], env: {}, preopens: { ".": "." } });
const { instance } = await WebAssembly.instantiate(await readFile(module), wasi.getImportObject());
process.exitCode = wasi.start(instance);
