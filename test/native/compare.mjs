/**
 * Parses Python with two builds of the same grammar, the WebAssembly one that CostLint ships and the native one, and
 * compares the trees node by node. Needs a C++ compiler, so it stands apart from the other tests:
 * `npm ci && npm test` in this folder, after `node scripts/copy-grammars.mjs` in the project.
 */
import { readdirSync, readFileSync } from 'node:fs'
import NativeParser from 'tree-sitter'
import NativePython from 'tree-sitter-python'
import { Language, Parser } from '../../node_modules/web-tree-sitter/web-tree-sitter.js'

const root = new URL('../../', import.meta.url)
const bytes = (path) => new Uint8Array(readFileSync(new URL(path, root)))

await Parser.init({ wasmBinary: bytes('grammars/web-tree-sitter.wasm') })
const wasm = new Parser()
wasm.setLanguage(await Language.load(bytes('grammars/python.wasm')))
const native = new NativeParser()
native.setLanguage(NativePython)

/** Every node of a tree in preorder: depth, kind, range, field. */
function nodes(tree) {
  const cursor = tree.walk()
  const found = []
  let depth = 0
  for (;;) {
    const field = cursor.currentFieldName ?? '-'
    found.push(`${depth} ${cursor.nodeType} ${cursor.startIndex} ${cursor.endIndex} ${field}`)
    if (cursor.gotoFirstChild()) {
      depth++
      continue
    }
    while (!cursor.gotoNextSibling()) {
      if (depth === 0) return found
      cursor.gotoParent()
      depth--
    }
  }
}

/** Python files of the tests and examples, and the Python blocks of the Markdown cases and rule pages. */
function* sources() {
  yield ['test/native/sample.py', readFileSync(new URL('sample.py', import.meta.url), 'utf8')]
  for (const folder of ['test', 'examples', 'docs']) {
    const entries = readdirSync(new URL(folder, root), { recursive: true })
    for (const entry of entries) {
      if (/(^|[\\/])node_modules[\\/]/.test(entry) || !/\.(py|md)$/.test(entry)) continue
      const path = `${folder}/${entry.replaceAll('\\', '/')}`
      if (path === 'test/native/sample.py') continue
      const text = readFileSync(new URL(path, root), 'utf8')
      if (path.endsWith('.py')) yield [path, text]
      else {
        let block = 0
        for (const [, code] of text.matchAll(/^```(?:python|py)\b[^\n]*\n(.*?)^```/gms))
          yield [`${path}, block ${++block}`, code]
      }
    }
  }
}

let compared = 0
let total = 0
const differences = []
for (const [name, text] of sources()) {
  const piece = (index) => text.slice(index, index + 5_000)
  const ours = wasm.parse(piece)
  const expected = nodes(native.parse(piece))
  const actual = nodes(ours)
  ours.delete()
  compared++
  total += actual.length
  const at = expected.findIndex((line, index) => line !== actual[index])
  if (at !== -1)
    differences.push(`${name}: native has "${expected[at]}", WebAssembly has "${actual[at] ?? 'nothing'}"`)
  else if (actual.length > expected.length)
    differences.push(`${name}: WebAssembly has ${actual.length - expected.length} nodes more`)
}

for (const difference of differences) console.error(difference)
console.log(`${compared} texts, ${total} nodes, ${differences.length} texts with differences`)
process.exitCode = differences.length === 0 && compared > 0 ? 0 : 1
