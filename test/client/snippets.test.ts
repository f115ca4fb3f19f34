import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { runHere } from '../cli/here.js'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const read = (name: string) => JSON.parse(readFileSync(path(name), 'utf8'))

interface Snippet {
  prefix: string
  description: string
  body: string[]
}

/** What is inserted when nothing is typed into it. */
function expanded({ body }: Snippet): string {
  return body
    .join('\n')
    .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:((?:[^{}]|\{[^{}]*\})*)\}/g, '$1')
    .replace(/(?<!\\)\$\d+/g, '')
    .replaceAll('\\$', '$')
}

const extensions = new Map([
  ['python', '.py'],
  ['shellscript', '.sh'],
  ['yaml', '.yaml'],
])

describe('snippets', () => {
  const listed = read('package.json').contributes.snippets as { language: string; path: string }[]

  it('are listed, and told apart', () => {
    assert.deepEqual(listed.map(({ language }) => language).sort(), [...extensions.keys()])
    const prefixes = listed.flatMap(({ path: file }) =>
      Object.values(read(file) as Record<string, Snippet>).map(({ prefix }) => prefix),
    )
    assert.equal(new Set(prefixes).size, prefixes.length)
    assert.ok(prefixes.every((prefix) => prefix.startsWith('cost-')))
  })

  for (const { language, path: file } of listed) {
    for (const [title, snippet] of Object.entries(read(file) as Record<string, Snippet>)) {
      it(`${title} is what CostLint itself has nothing against`, async () => {
        let text = expanded(snippet)
        // A part of a loop.
        if (text.includes('break')) text = `for epoch in range(9):\n${text.replace(/^(?=.)/gm, '    ')}`
        const name = `snippet${extensions.get(language)}`
        const { out, err, code } = await runHere({ [name]: text, 'train.py': 'print("hello")\n' }, [
          'check',
          '--show-hints',
          '--fail-on=hint',
          '--fail-on-parse-error',
          '--output-format=concise',
        ])
        assert.deepEqual({ out, err, code }, { out: '', err: '', code: 0 }, text)
      })
    }
  }
})
