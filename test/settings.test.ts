import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../server/src', import.meta.url))

/** The code of a folder, without comments. */
function codeOf(folder: string): string {
  return readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(source, folder, path), 'utf8'))
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
}

/** `Training.precision`, as the interfaces of the workload declare them. */
function declared(): { kind: string; name: string }[] {
  return [
    ...codeOf('workload/settings').matchAll(/export interface (\w+)Settings \{\n([\s\S]*?)\n\}/g),
  ].flatMap(([, kind, body]) =>
    [...body!.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => ({ kind: kind!, name: name! })),
  )
}

const every = (code: string, pattern: RegExp): string[] =>
  [...code.matchAll(pattern)].map((match) => match[1]!)

/** Names that are handed to a builder or a helper, and keys of tables. */
function filledIn(code: string): Set<string> {
  return new Set([...every(code, /'(\w+)'/g), ...every(code, /\b(\w+):/g)])
}

/** Names that are taken from settings, or that are handed to something that takes them. A compared text is a value. */
function usedIn(code: string): Set<string> {
  const taken = every(code, /\.(\w+)\b(?!\()/g)
  const unpacked = every(code, /\{([^{}]*)\}(?:: [^=()]+)? = [\w.!?]*settings\b/g).flatMap((list) =>
    list.split(',').map((part) => part.trim().split(/[\s:=]/)[0]!),
  )
  const handed = every(code, /(?<![=!]== |case |kind: |per: )'(\w+)'/g)
  const compared = every(code, /\bsetting === '(\w+)'/g)
  return new Set([...taken, ...unpacked, ...handed, ...compared])
}

describe('settings of the workload', () => {
  const settings = declared()
  const project = ['extraction', 'linking', 'judging', 'annotations', 'results'].map(codeOf).join('\n')
  const filled = filledIn(codeOf('readers') + project)
  const used = usedIn(['rules', 'estimate', 'link'].map(codeOf).join('\n') + project)
  const outside = (names: Set<string>): string[] =>
    settings.filter(({ name }) => !names.has(name)).map(({ kind, name }) => `${kind}.${name}`)

  it('are found', () => {
    assert.ok(settings.length > 200, `${settings.length}`)
  })

  it('are all filled by a reader or a link', () => {
    assert.deepEqual(outside(filled), [])
  })

  it('are all used by a rule, an estimate or what links files', () => {
    assert.deepEqual(outside(used), [])
  })
})
