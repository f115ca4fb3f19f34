import assert from 'node:assert/strict'
import { locate } from '../../server/src/text/source-fragment.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'

/** Fragments below the file's own text, with what their first and last words map to. */
function inside(path: string, text: string) {
  return sourceFile(path, text)
    .fragments.slice(1)
    .map((fragment) => {
      const [first, last] = [/\S+/.exec(fragment.text)!, /\S+\s*$/.exec(fragment.text)!]
      const at = (start: number, length: number) => {
        const place = locate(path, fragment, { start, end: start + length })
        return text.slice(place.start, place.end)
      }
      const target = fragment.target?.startsWith('<python') === true ? 'inline' : fragment.target
      return [
        fragment.language,
        target,
        at(first.index, first[0].length),
        at(last.index, last[0].trim().length),
      ]
    })
}

describe('programs inside of shell scripts', () => {
  it('are fed, quoted, written to a file, or handed to kubectl', () => {
    const text = [
      'python - <<EOF',
      'first = 1',
      'EOF',
      'python3 -u -c "',
      'second = \\"$X\\"',
      'b = 2',
      'print(2)"',
      "cat <<'EOF' > $DIR/train.py",
      'third = 3',
      'EOF',
      'kubectl apply -f - <<EOF',
      'kind: Job',
      'EOF',
      '',
    ].join('\n')
    assert.deepEqual(inside('run.sh', text), [
      ['python', 'inline', 'first', '1'],
      ['python', 'inline', 'second', 'print(2)'],
      ['python', 'train.py', 'third', '3'],
      ['yaml', 'manifest.yaml', 'kind:', 'Job'],
    ])
  })

  it('are not what only asks, what a comment holds, or what a command prints', () => {
    const text = [
      'python -c "import torch; print(torch.__version__)"',
      '# python - <<EOF',
      'python train.py <<EOF',
      'x = 1',
      'EOF',
      'python -c "',
      'a = $(date)',
      'b = 1',
      'c = 2"',
      'cat > notes.txt <<EOF',
      'x = 1',
      'EOF',
      '',
    ].join('\n')
    assert.deepEqual(inside('run.sh', text), [])
  })

  it('keep their end where a quote is not closed', () => {
    assert.deepEqual(inside('run.sh', "python -c 'a\nb\nc\n"), [])
    assert.deepEqual(inside('run.sh', 'python -c "a\nb\nc\n'), [])
    assert.deepEqual(inside('run.sh', 'cat > a.py <<EOF\nx = 1\n'), [])
  })
})

describe('programs inside of YAML', () => {
  it('stand behind -c, in a ConfigMap, a script template, or a block of shell', () => {
    const text = [
      'command:',
      '  - python',
      '  - -c',
      '  - |',
      '    first = 1',
      '',
      '    print(1)',
      'data:',
      '  train.py: |-',
      '    second = 2',
      'script:',
      '  command: [python]',
      '  source: |',
      '      third = 3',
      'run: |',
      '  set -e',
      '  python - <<EOF',
      '  fourth = 4',
      '  EOF',
      '',
    ].join('\n')
    assert.deepEqual(inside('job.yaml', text), [
      ['python', 'inline', 'first', 'print(1)'],
      ['python', 'train.py', 'second', '2'],
      ['python', 'inline', 'third', '3'],
      ['python', 'inline', 'fourth', '4'],
    ])
  })

  it('are not other blocks of text', () => {
    const text = 'description: |\n  python is a language\nargs:\n  - bash\n  - -c\n  - |\n    echo python\n'
    assert.deepEqual(inside('job.yaml', text), [])
  })
})
