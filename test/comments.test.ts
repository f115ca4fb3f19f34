import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const skipped = new Set(['node_modules', 'dist', '.git', '.tmp', '.out'])

function entries(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...entries(path)] : [path]
  })
}

/** Every file and folder of the project, relative to its root. */
const existing = new Set(entries(root).map((path) => relative(root, path).replace(/\\/g, '/')))

/** Modules with comments, and pages about the code. */
const modules = /^(?:server\/src|client|test|scripts|bench)\/.*\.(?:ts|mjs)$/
const pages = /^(?:CONTRIBUTING\.md|docs\/architecture\.md|(?:test|bench)\/(?:.*\/)?README\.md)$/

/** A path in these languages is one of ours; Python and YAML may be a user's or a library's. */
const ownLanguage = /\.(?:ts|mjs|cjs)$/

/** So is a path from one of these folders on, where it goes on with something that is there or is of these kinds. */
const ownFolder = /^(?:server|client|test|scripts|bench|docs|grammars|syntaxes)\//
const ownKind = /\.(?:md|json|wasm|scm)$/

/** Paths may leave these out. */
const bases = ['', 'server/src', 'server/src/readers', 'server/src/rules', 'test']

const mention = /(?<![\w@./:{}$<>~-])(?:\.{1,2}\/)*[\w@-][\w@.-]*(?:\/[\w@.*{}<>-]+)*/g

interface Passage {
  /** Where it starts in its file. */
  offset: number
  text: string
}

function commentsOf(text: string): Passage[] {
  return [...text.matchAll(/(?<=^|\s)(?:\/\/ .*|\/\*[\s\S]*?\*\/)/gm)].map((match) => ({
    offset: match.index,
    text: match[0],
  }))
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** What of `docs/rules/<family>/<rule>.md` must be there: `docs/rules`. */
function certainPart(path: string): string {
  const segments = path.split('/')
  const open = segments.findIndex((segment) => /[*{}<>]/.test(segment))
  return (open < 0 ? segments : segments.slice(0, open)).join('/')
}

function isOwn(path: string): boolean {
  if (ownLanguage.test(path)) return true
  return ownFolder.test(path) && (ownKind.test(path) || existing.has(path.split('/').slice(0, 2).join('/')))
}

/** Files and folders of the project that the prose of a file names. */
function pathsNamed(from: string, text: string): { line: number; path: string }[] {
  const passages = from.endsWith('.md') ? [{ offset: 0, text }] : commentsOf(text)
  return passages.flatMap((passage) =>
    [...passage.text.matchAll(mention)].flatMap((match) => {
      const path = match[0].replace(/\.+$/, '')
      if (!isOwn(path)) return []
      return [{ line: lineOf(text, passage.offset + match.index), path: certainPart(path) }]
    }),
  )
}

/** In a comment a bare name is a neighbour's; a page may mean any file of that name. */
function exists(from: string, path: string): boolean {
  if (from.endsWith('.md') && [...existing].some((each) => each.endsWith(`/${path}`))) return true
  const folder = posix.dirname(from)
  const places = path.includes('/') ? [folder, posix.dirname(folder), ...bases] : [folder]
  return places.some((place) => existing.has(posix.join(place, path)))
}

function missingFiles(from: string, text: string): string[] {
  return pathsNamed(from, text)
    .filter(({ path }) => !exists(from, path))
    .map(({ line, path }) => `${from}:${line}: ${path}`)
}

/** Lines of doc comments without a declaration of their own; the one at the top is the file's. */
function strayComments(text: string): number[] {
  return [...text.matchAll(/^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*\n(?=[ \t]*(?:\n|\/\*\*|\}))/gm)]
    .filter((match) => match.index > 0 || /^[ \t]*\/\*\*/.test(text.slice(match[0].length)))
    .map((match) => lineOf(text, match.index))
}

describe('comments', () => {
  const read = (wanted: RegExp) =>
    [...existing]
      .filter((path) => wanted.test(path))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  const sources = read(modules)

  it('name files that exist, and so do the pages about the code', () => {
    const prose = [...sources, ...read(pages)]
    assert.deepEqual(
      prose.flatMap(({ path, text }) => missingFiles(path, text)),
      [],
    )
    const paths = prose.flatMap(({ path, text }) => pathsNamed(path, text))
    assert.ok(paths.length > 100, `only ${paths.length} paths were read`)
  })

  it('stand on a declaration', () => {
    const stray = sources.flatMap(({ path, text }) => strayComments(text).map((line) => `${path}:${line}`))
    assert.deepEqual(stray, [])
  })

  it('a file that does not exist would be found', () => {
    const from = 'server/src/text/decode.ts'
    const text = [
      '/** See `gone.ts`, project/gone.ts, docs/gone.md and test/gone/<family>/<case>.md. */',
      'const a = 1\t// as `../gone.ts` does',
      "import { b } from './units.js' // not gone.js",
      '/** `source-fragments.ts`, `../text/source-fragments.ts`, text/source-fragments.ts, test/layering.test.ts, docs/rules/<family>/<rule>.md, */',
      '// a user\'s `train.py`, `scripts/run.sh`, "docs.python.org/3/library", examples/mnist/train.py',
      "const c = 'in-code.ts'",
    ].join('\n')
    assert.deepEqual(missingFiles(from, text), [
      `${from}:1: gone.ts`,
      `${from}:1: project/gone.ts`,
      `${from}:1: docs/gone.md`,
      `${from}:1: test/gone`,
      `${from}:2: ../gone.ts`,
    ])
  })

  it('a comment without a declaration would be found', () => {
    const text = [
      '/** The file. */',
      '',
      '/** Nothing follows. */',
      '',
      '/** One function. */',
      '/** Another function. */',
      'function f() {}',
      'interface I {',
      '  /** A property. */',
      '  a: number',
      '  /** Nothing follows here either. */',
      '}',
    ].join('\n')
    assert.deepEqual(strayComments(text), [3, 5, 11])
    assert.deepEqual(strayComments('/** The file? */\n/** A function. */\nfunction f() {}\n'), [1])
  })
})
