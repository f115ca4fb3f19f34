import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { passagesOf, searched } from '../../client/documentation-search.js'

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))
const pages = new Map(
  readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => [path.replaceAll('\\', '/'), readFileSync(`${docs}${path}`, 'utf8')]),
)

describe('the search of the documentation', () => {
  const passages = passagesOf(pages)
  const found = (query: string) =>
    searched(passages, query).map(({ passage: { path, anchor } }) =>
      anchor === '' ? path : `${path}#${anchor}`,
    )

  it('lists the pages where nothing is asked', () => {
    assert.deepEqual(found('').sort(), [...pages.keys()].sort())
  })

  it('finds sections by words of their heading, text or page', () => {
    assert.equal(found('grid-search')[0], 'rules/search/grid-search.md')
    assert.equal(found('neovim')[0], 'editors.md#neovim')
    assert.equal(found('helix languages.toml')[0], 'editors.md#helix')
    assert.ok(found('search katib').includes('rules/search/grid-search.md#katib'))
    assert.deepEqual(found('no such wordd'), [])
  })

  it('shows what stands around a word in the text', () => {
    const [helix] = searched(passages, 'helix replaces')
    assert.match(helix!.excerpt, /replaces the default/)
  })

  it('takes no comment in code for a heading', () => {
    assert.ok(passages.every(({ heading }) => !heading.startsWith('Rules: a rule, a whole family')))
  })
})
