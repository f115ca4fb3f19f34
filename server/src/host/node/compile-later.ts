/**
 * Imported first by what runs on Node. V8 compiles functions once more, for speed, after a fixed amount of work in
 * them. A lint runs much code for a short time, so most of that came too late to be of use, and took a third of all
 * processor time. With eight times that amount the main thread takes as long as before (bench/README.md).
 *
 * Memory for new objects starts with a megabyte and doubles each time that much of it survives, up to sixteen. What is loaded
 * first survives, so a check of one script took half a dozen collections to get there: a tenth of its time.
 *
 * What is compiled for speed takes in little of what it calls: most of it is called too rarely for that to pay.
 *
 * Grammars stay as they are compiled at first. The lexer of shell scripts is one function of 160 KB, which took V8 one to two
 * seconds of another thread, longer than all shell scripts of most projects take.
 */
import { setFlags } from './flags.js'

/** Bytes of bytecode that run before V8 looks at a function again; its own value is 132 KiB. */
const budget = 1_000_000

// The first implies the others, but not once V8 runs.
setFlags(
  `--interrupt-budget=${budget}`,
  '--max-inlined-bytecode-size-cumulative=100',
  '--semi-space-growth-factor=16',
  '--liftoff-only',
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
  // What collects garbage between files (collect.ts).
  '--expose-gc',
)
