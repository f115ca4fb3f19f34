/** Every key that a fix of a manifest adds exists at that level in that version of the interface. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { parsePage } from '../../cases/format.js'
import { knownKeys } from './keys.js'

type Value = null | string | number | boolean | Value[] | { [key: string]: Value }

/** Paths of keys that the second has and the first has not; `*` stands for an index. */
function addedKeys(before: Value | undefined, after: Value, path: string[] = []): string[][] {
  if (Array.isArray(after)) {
    const old = Array.isArray(before) ? before : []
    return after.flatMap((item, index) => addedKeys(old[index], item, [...path, '*']))
  }
  if (after === null || typeof after !== 'object') return []
  const old = before !== null && typeof before === 'object' && !Array.isArray(before) ? before : {}
  return Object.entries(after).flatMap(([key, value]) => [
    ...(key in old ? [] : [[...path, key]]),
    ...addedKeys(old[key], value, [...path, key]),
  ])
}

function pages(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? pages(path) : path.endsWith('.md') ? [path] : []
  })
}

interface Fix {
  page: string
  before: string
  after: string
}

/** What the cases of a page promise to be there after each fix; the runner of the cases carries them out. */
function fixesOf(page: string): Fix[] {
  return parsePage(readFileSync(page, 'utf8')).cases.flatMap(({ files, fixed }) =>
    [...fixed.values()].flatMap((texts) =>
      [...texts].flatMap(([name, after]) => {
        const file = files.find((one) => one.name === name)
        const isManifest = file !== undefined && /^(yaml|json)$/.test(file.language)
        return isManifest ? [{ page, before: file.text, after }] : []
      }),
    ),
  )
}

/** An object of Kubernetes with everything inside of it; items of a `List` each by itself. */
function objectsOf(document: Value | undefined): { [key: string]: Value }[] {
  if (document === null || typeof document !== 'object' || Array.isArray(document)) return []
  const { apiVersion, kind, items } = document
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return []
  return kind === 'List' && Array.isArray(items) ? items.flatMap(objectsOf) : [document]
}

const read = (text: string): (Value | undefined)[] =>
  parseAllDocuments(text, { logLevel: 'silent' }).map((document) => document.toJS() as Value)

describe('keys that fixes add to manifests', () => {
  const seen = new Set<string>()
  const unknown = new Set<string>()
  for (const fix of [...pages('docs/rules'), ...pages('test/rules')].flatMap(fixesOf)) {
    const after = read(fix.after)
    read(fix.before).forEach((document, index) => {
      const olds = objectsOf(document)
      objectsOf(after[index]).forEach((object, number) => {
        const kind = `${String(object.apiVersion)} ${String(object.kind)}`
        for (const path of addedKeys(olds[number], object)) {
          const key = `${kind}: ${path.join('.')}`
          seen.add(key)
          if (!(knownKeys[kind] ?? []).includes(path.join('.'))) unknown.add(`${fix.page}: ${key}`)
        }
      })
    })
  }

  it('are keys of that kind and version, at that level', () => {
    assert.deepEqual([...unknown].sort(), [])
  })

  it('are seen in the cases, all of them', () => {
    const never = Object.entries(knownKeys).flatMap(([kind, paths]) =>
      paths.map((path) => `${kind}: ${path}`).filter((key) => !seen.has(key)),
    )
    assert.deepEqual(never, [])
  })
})
