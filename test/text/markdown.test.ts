import { strict as assert } from 'node:assert'
import { maskMarkdown } from '../../server/src/text/markdown.js'

describe('commands of a Markdown file', () => {
  const commands = (text: string): string[] => {
    const masked = maskMarkdown(text)
    assert.equal(masked.length, text.length)
    return masked.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  }

  it('are command lines in blocks of shell, without the prompt', () => {
    const text =
      '# Train\n\npython train.py\n\n```bash\n$ python train.py \\\n    --lr 0.1\nEpoch 1: loss 0.5\n```\n'
    assert.deepEqual(commands(text), ['python train.py \\', '--lr 0.1'])
  })

  it('are none in blocks of other languages', () => {
    assert.deepEqual(commands('```python\npython = 3\n```\n```yaml\ncd : a\n```\n'), [])
  })

  it('stand in nested fences and in one that is left open', () => {
    assert.deepEqual(commands('````\n```\npython a.py\n````\npython b.py\n~~~sh\npython c.py'), [
      'python a.py',
      'python c.py',
    ])
  })

  it('stand without the mark that a notebook takes for the shell', () => {
    assert.deepEqual(commands('```\n!torchrun train.py \\\n  --lr 0.1\n%cd code\nprint(1)\n```\n'), [
      'torchrun train.py \\',
      '--lr 0.1',
      'cd code',
    ])
  })
})
