/** The grammars' WebAssembly files on disk. They lie in `grammars/`, beside `dist/` and beside `server/`. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { GrammarSource } from '../../syntax/parser.js'

/** Bytes of `<name>.wasm`: a grammar, or 'web-tree-sitter' for the parser runtime. */
export async function readGrammar(name: string): Promise<Uint8Array> {
  const path = fileURLToPath(new URL(`${name}.wasm`, folder()))
  try {
    // A plain Uint8Array: a Buffer is a view into a shared pool, which cannot be transferred to a worker.
    return new Uint8Array(await readFile(path))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot read the grammar ${path}: ${reason}`)
  }
}

/** What `loadGrammars` asks for, from disk. */
export async function grammarFiles(): Promise<GrammarSource> {
  return { runtime: await readGrammar('web-tree-sitter'), grammar: readGrammar }
}

let found: URL | undefined

/**
 * The script that runs is either a bundle in `dist/` or this file in `server/src/host/node/`; the folder is looked
 * for upwards from it, so that neither has to be told.
 */
function folder(): URL {
  if (found === undefined) {
    for (const up of ['../grammars/', '../../grammars/', '../../../../grammars/']) {
      const candidate = new URL(up, import.meta.url)
      if (existsSync(new URL('web-tree-sitter.wasm', candidate))) {
        found = candidate
        return found
      }
    }
    throw new Error('the folder grammars/ with the parser files is missing from this installation')
  }
  return found
}
