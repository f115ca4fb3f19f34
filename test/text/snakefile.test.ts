import assert from 'node:assert/strict'
import { maskSnakefile } from '../../server/src/text/snakefile.js'

describe('Snakefile', () => {
  it('reads rules and directives as blocks of the same length', () => {
    const text = `configfile: "c.yaml"
rule all:
    input:
        expand("{lr}.json", lr=RATES),
checkpoint cut:
    output: "x"
    log:
        "cut.log"
    shell: "cut.py"
`
    const masked = maskSnakefile(text)
    assert.equal(masked.length, text.length)
    assert.equal(
      masked,
      `configfile: "c.yaml"
with all:
    if 11:
        expand("{lr}.json", lr=RATES),
with       cut:
    if 111: "x"
    if 1:        "cut.log"
    if 11: "cut.py"
`,
    )
  })

  it('leaves calls and keywords of the same names alone', () => {
    const text = 'shell("mkdir out")\nrates = dict(input=1, params=2)\n'
    assert.equal(maskSnakefile(text), text)
  })
})
