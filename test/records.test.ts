/**
 * A computed key may be `constructor` or `__proto__`, since keys come from users' files: objects that serve as dictionaries
 * are read and written by text/records.ts only. Checked on types, so whatever the table is called, it is found.
 */
import assert from 'node:assert/strict'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { type Node, SyntaxKind } from 'typescript/unstable/ast'
import {
  isBinaryExpression,
  isElementAccessExpression,
  isNumericLiteral,
  isStringLiteral,
} from 'typescript/unstable/ast/is'
import { API, type Checker, type Project, type Type, TypeFlags } from 'typescript/unstable/sync'
import { define, defineAll, lookUp } from '../server/src/text/records.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const unsafe = join(root, 'test/fixtures/unsafe-keys.ts')

/** `object[key]` and `key in object` by a key that may be any text, as `path:line: code`. */
function unsafeKeys(project: Project, paths: readonly string[]): string[] {
  const { checker, program } = project
  const found: string[] = []
  for (const path of paths) {
    const file = program.getSourceFile(path)!
    const uses: { node: Node; object: Node; key: Node }[] = []
    const visit = (node: Node): void => {
      if (isElementAccessExpression(node)) {
        const key = node.argumentExpression
        if (!isNumericLiteral(key) && !isStringLiteral(key)) uses.push({ node, object: node.expression, key })
      } else if (isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.InKeyword)
        uses.push({ node, object: node.right, key: node.left })
      node.forEachChild(visit)
    }
    visit(file)
    const texts = checker.getTypeAtLocation(uses.map(({ key }) => key))
    const computed = uses.filter((_, index) => isText(texts[index]))
    const objects = checker.getTypeAtLocation(computed.map(({ object }) => object))
    computed.forEach(({ node }, index) => {
      if (!isDictionary(checker, objects[index])) return
      const line = file.text.slice(0, node.getStart()).split('\n').length
      found.push(`${relative(root, path)}:${line}: ${node.getText().split('\n')[0]}`)
    })
  }
  return found
}

function isText(type: Type | undefined): boolean {
  if (type?.isUnionType()) return type.getTypes().some(isText)
  return type !== undefined && (type.flags & (TypeFlags.String | TypeFlags.TemplateLiteral)) !== 0
}

function isDictionary(checker: Checker, type: Type | undefined): boolean {
  if (type?.isUnionType()) return type.getTypes().some((one) => isDictionary(checker, one))
  return (
    type !== undefined &&
    checker.getIndexInfosOfType(type).some(({ keyType }) => (keyType.flags & TypeFlags.String) !== 0)
  )
}

describe('dictionaries', function () {
  this.timeout(120_000)

  it('hold what they were given and nothing else', () => {
    const record: Record<string, number> = {}
    for (const key of ['__proto__', 'constructor', 'toString', 'a']) {
      assert.equal(lookUp(record, key), undefined)
      define(record, key, 1)
      assert.equal(lookUp(record, key), 1)
    }
    const copy: Record<string, number> = {}
    defineAll(copy, record)
    assert.deepEqual(Object.entries(copy), Object.entries(record))
    assert.equal(Object.getPrototypeOf(copy), Object.prototype)
    assert.equal(lookUp(undefined, 'a'), undefined)
  })

  it('are never read by a computed key', () => {
    const api = new API({ cwd: root })
    try {
      const config = join(root, 'tsconfig.json')
      const snapshot = api.updateSnapshot({ openProjects: [config] })
      const project = snapshot.getProject(config)!
      const sources = project.rootFiles.filter(
        (path) => /\/(server\/src|client)\//.test(path) && !path.endsWith('/text/records.ts'),
      )
      assert.ok(sources.length > 100, 'no files were read')
      assert.deepEqual(unsafeKeys(project, sources), [])
      assert.deepEqual(
        unsafeKeys(project, [unsafe]).map((one) => one.replace(/^.*:(?=\d)/, '')),
        ['5: table[key]', '6: table[`x-${key}`]', '7: key in table', '8: table![key]'],
      )
    } finally {
      api.close()
    }
  })
})
