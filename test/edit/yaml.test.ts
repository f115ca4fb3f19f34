import { strict as assert } from 'node:assert'
import { parseAllDocuments } from 'yaml'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import type { ConfigurationWrite } from '../../server/src/edit/write.js'
import { yamlEdits } from '../../server/src/edit/yaml.js'

type Keys = (string | number)[]
type Extra = { after?: string; comment?: string; document?: number }

const set = (keys: Keys, value: unknown, extra: Extra = {}): ConfigurationWrite => ({
  kind: 'set key',
  fragment: 0,
  document: 0,
  keys,
  value,
  ...extra,
})
const remove = (keys: Keys, document = 0): ConfigurationWrite => ({
  kind: 'remove key',
  fragment: 0,
  document,
  keys,
})

function parse(text: string): unknown[] {
  return parseAllDocuments(text, { merge: true }).map((document) => {
    assert.deepEqual(document.errors.map(String), [], `does not parse:\n${text}`)
    return document.toJS()
  })
}

/** What the data must be after the write, computed on the data alone. */
function expected(documents: unknown[], write: ConfigurationWrite): unknown[] {
  const root = { document: structuredClone(documents[write.document] ?? null) as unknown }
  let parent: Record<string, unknown> = root
  const keys = ['document', ...write.keys]
  for (const [i, key] of keys.slice(0, -1).entries()) {
    if (parent[key] === null || parent[key] === undefined)
      parent[key] = typeof keys[i + 1] === 'number' ? [] : {}
    parent = parent[key] as Record<string, unknown>
  }
  const last = keys[keys.length - 1]!
  if (write.kind === 'set key') parent[last] = write.value
  else if (Array.isArray(parent)) parent.splice(last as number, 1)
  else delete parent[last]
  const result = [...documents]
  result[write.document] = root.document
  return result
}

/** The text after the writes; its data must be the old data with exactly the change. */
function edited(text: string, ...writes: ConfigurationWrite[]): string {
  const edits = yamlEdits(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  const result = applyFragmentEdits(text, edits)
  assert.deepEqual(parse(result), writes.reduce(expected, parse(text)), `other data:\n${result}`)
  return result
}

function refusal(text: string, write: ConfigurationWrite): string {
  const edits = yamlEdits(text, [write])
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

const job = `apiVersion: batch/v1
kind: Job
metadata:
  name: train # the name
spec:
  # how often
  backoffLimit: 2
  template:
    spec:
      containers:
      - name: a
        image: "x:1"
        args: ["--bf16", '--lr=1']
      restartPolicy: Never
# the end
---
kind: Service
`

describe('edit/yaml: set key', () => {
  it('adds a key at the end of its map', () => {
    assert.equal(
      edited(job, set(['spec', 'activeDeadlineSeconds'], 86400)),
      job.replace('Never\n', 'Never\n  activeDeadlineSeconds: 86400\n'),
    )
    assert.equal(edited(job, set(['metadata', 'x'], 1)), job.replace('# the name\n', '# the name\n  x: 1\n'))
    assert.equal(edited('a: 1', set(['b'], 2)), 'a: 1\nb: 2')
    assert.equal(edited('a: 1\r\nb:\r\n  c: 2\r\n', set(['b', 'd'], 3)), 'a: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\n')
    assert.equal(edited(job, set(['x'], 1, { document: 1 })), `${job}x: 1\n`)
  })
  it('adds it behind a sibling', () => {
    assert.equal(
      edited(job, set(['spec', 'activeDeadlineSeconds'], 86400, { after: 'backoffLimit', comment: 'a day' })),
      job.replace('backoffLimit: 2\n', 'backoffLimit: 2\n  activeDeadlineSeconds: 86400  # a day\n'),
    )
    assert.equal(
      edited(job, set(['spec', 'template', 'spec', 'containers', 0, 'tty'], true, { after: 'name' })),
      job.replace('- name: a\n', '- name: a\n        tty: true\n'),
    )
  })
  it('replaces values of every kind', () => {
    assert.equal(edited(job, set(['spec', 'backoffLimit'], 5)), job.replace('Limit: 2', 'Limit: 5'))
    assert.equal(
      edited(job, set(['spec', 'template', 'spec', 'containers', 0, 'image'], 'y:2')),
      job.replace('"x:1"', '"y:2"'),
    )
    assert.equal(edited("a: 'x'\n", set(['a'], "it's")), "a: 'it''s'\n")
    assert.equal(edited('a: &x 1 # c\nb: 2\n', set(['a'], 3)), 'a: &x 3 # c\nb: 2\n')
    assert.equal(edited('a: [1, 2]\nb: 2\n', set(['a'], 3)), 'a: 3\nb: 2\n')
    assert.equal(edited('a: # c\n  b: 1\n  d: 2\ne: 3\n', set(['a'], 3)), 'a: 3 # c\ne: 3\n')
    assert.equal(edited('a: |\n  x\n  y\n\nb: 2\n', set(['a'], 'z')), 'a: z\n\nb: 2\n')
    assert.equal(edited('a: one\n  two\nb: 2\n', set(['a'], 'z')), 'a: z\nb: 2\n')
    assert.equal(
      edited('a: 1 # c\nb: 2\n', set(['a'], { c: [1, 'x'] })),
      'a: # c\n  c:\n    - 1\n    - x\nb: 2\n',
    )
    assert.equal(edited('a:\n  b: 1\nd: 2\n', set(['a'], { c: 1 })), 'a:\n  c: 1\nd: 2\n')
    assert.equal(edited('a:\n- 1\n- 2\nd: 2\n', set(['a'], { c: 1 })), 'a:\n  c: 1\nd: 2\n')
    assert.equal(edited('a:\n- 1\n- 2\nd: 2\n', set(['a'], [3])), 'a:\n- 3\nd: 2\n')
    assert.equal(
      edited('a:\n  - b: 1\n  - 2\n', set(['a', 0], { c: 1, d: 2 })),
      'a:\n  - c: 1\n    d: 2\n  - 2\n',
    )
    assert.equal(edited('a: *x\n'.replace('*x', '1'), set(['a'], [])), 'a: []\n')
  })
  it('fills keys without a value', () => {
    assert.equal(edited('a:\nb: 2\n', set(['a'], 1)), 'a: 1\nb: 2\n')
    assert.equal(edited('a: # c\nb: 2\n', set(['a'], 1)), 'a: 1 # c\nb: 2\n')
    assert.equal(edited('a:\nb: 2\n', set(['a', 'c'], 1)), 'a:\n  c: 1\nb: 2\n')
    assert.equal(edited('a: null\nb: 2\n', set(['a', 'c'], 1)), 'a:\n  c: 1\nb: 2\n')
    assert.equal(edited('a: &x # c\nb: 2\n', set(['a', 'c'], 1)), 'a: &x # c\n  c: 1\nb: 2\n')
    assert.equal(edited('b: 2\na:', set(['a'], 1)), 'b: 2\na: 1')
  })
  it('makes the maps that are missing, in the style of the file', () => {
    assert.equal(
      edited('a:\n    b:\n    - 1\n', set(['c', 'd', 'e'], [{ x: 1, z: [2] }, 'z'])),
      'a:\n    b:\n    - 1\nc:\n    d:\n        e:\n        - x: 1\n          z:\n          - 2\n        - z\n',
    )
    // Of several styles that of most of the file.
    assert.equal(
      edited('a:\n    b: 1\nc:\n  d:\n    e: 1\n', set(['c', 'f', 'g'], 2)),
      'a:\n    b: 1\nc:\n  d:\n    e: 1\n  f:\n    g: 2\n',
    )
    assert.equal(
      edited('a: 1\n', set(['early_terminate'], { type: 'hyperband', min_iter: 3 })),
      'a: 1\nearly_terminate:\n  type: hyperband\n  min_iter: 3\n',
    )
    assert.equal(
      edited('a: 1\n', set(['b', 'c'], 1), set(['b', 'd'], 2), set(['e'], 3)),
      'a: 1\nb:\n  c: 1\n  d: 2\ne: 3\n',
    )
  })
  it('writes into flow collections', () => {
    assert.equal(edited('a: {b: 1}\n', set(['a', 'c'], 2)), 'a: {b: 1, c: 2}\n')
    assert.equal(edited('a: { b: 1 }\n', set(['a', 'c'], 'x, y')), 'a: { b: 1, c: "x, y" }\n')
    assert.equal(edited('a: {}\n', set(['a', 'c', 'd'], 2)), 'a: {c: {d: 2}}\n')
    assert.equal(edited('a: {b: 1}\n', set(['a', 'b'], [1])), 'a: {b: [1]}\n')
    assert.equal(edited('a: {b: 1, c: 2}\n', set(['a', 'x'], 0, { after: 'b' })), 'a: {b: 1, x: 0, c: 2}\n')
    assert.equal(edited('a: {"b": "1"}\n', set(['a', 'c'], 'x')), 'a: {"b": "1", "c": "x"}\n')
    assert.equal(edited('{\n  "a": 1\n}\n', set(['b'], { c: 'x' })), '{\n  "a": 1,\n  "b": {"c": "x"}\n}\n')
    assert.equal(edited('a: [1]\n', set(['a', 1], 'x')), 'a: [1, x]\n')
    assert.equal(edited('a: []\n', set(['a', 0], 'x')), 'a: [x]\n')
  })
  it('appends to block lists', () => {
    assert.equal(
      edited('a:\n  - 1 # c\nb: 2\n', set(['a', 1], { x: 1, z: 2 })),
      'a:\n  - 1 # c\n  - x: 1\n    z: 2\nb: 2\n',
    )
    assert.equal(
      edited('a:\n- b: 1\n  c:\n    d: 1\n', set(['a', 1], 'x')),
      'a:\n- b: 1\n  c:\n    d: 1\n- x\n',
    )
  })
  it('starts empty documents', () => {
    assert.equal(edited('', set(['a', 'b'], 1)), 'a:\n  b: 1\n')
    assert.equal(edited('# only a comment', set(['a'], 1)), '# only a comment\na: 1\n')
    assert.equal(edited('---\n# c\n---\nb: 1\n', set(['a'], 1)), '---\n# c\na: 1\n---\nb: 1\n')
  })
  it('knows which comments belong to the map', () => {
    const text = 'a:\n  b: 1\n  # in a\n\n  # also\n# above c\nc: 2\n'
    assert.equal(edited(text, set(['d'], 3, { after: 'a' })), text.replace('# also\n', '# also\nd: 3\n'))
    assert.equal(edited(text, set(['a', 'd'], 3)), text.replace('b: 1\n', 'b: 1\n  d: 3\n'))
    assert.equal(
      edited('a: |\n  x\n\n# c\nb: 1\n', set(['d'], 3, { after: 'a' })),
      'a: |\n  x\nd: 3\n\n# c\nb: 1\n',
    )
    assert.equal(edited('a: |+\n  x\n\nb: 1\n', set(['d'], 3, { after: 'a' })), 'a: |+\n  x\n\nd: 3\nb: 1\n')
  })
  it('quotes only what would be read as something else', () => {
    const strings: [string, string][] = [
      ['bf16', 'bf16'],
      ['24:00:00', '"24:00:00"'],
      ['no', '"no"'],
      ['on', '"on"'],
      ['y', '"y"'],
      ['1e-4', '"1e-4"'],
      ['0777', '"0777"'],
      ['2024-01-02', '"2024-01-02"'],
      ['a: b', '"a: b"'],
      ['a #b', '"a #b"'],
      ['--flag=1', '--flag=1'],
      ['- x', '"- x"'],
      ['', '""'],
      [' x', '" x"'],
      ['x\ny', '"x\\ny"'],
      ['nvidia.com/gpu', 'nvidia.com/gpu'],
      ['a, b', 'a, b'],
      ['{{ x }}', '"{{ x }}"'],
      ['~', '"~"'],
      ['1.2.3', '1.2.3'],
      ['s3://bucket/x', 's3://bucket/x'],
      ['🎉', '🎉'],
      ['---', '"---"'],
      ['10_000', '"10_000"'],
    ]
    for (const [value, spelled] of strings)
      assert.equal(edited('a: 1\n', set(['a'], value)), `a: ${spelled}\n`)
    assert.equal(edited("b: 'q'\na: 1\n", set(['a'], 'no')), "b: 'q'\na: 'no'\n")
    assert.equal(edited('a: 1\n', set(['a'], 1e-7)), 'a: 1.0e-7\n')
    assert.equal(edited('a: 1\n', set(['a'], 2.5e21)), 'a: 2.5e+21\n')
    assert.equal(edited('a: 1\n', set(['on'], false)), 'a: 1\n"on": false\n')
  })
  it('refuses aliases, merges, templates, broken files', () => {
    assert.match(refusal('x: &x {a: 1}\ny: *x\n', set(['y', 'a'], 2)), /alias/)
    assert.match(refusal('x: &x {a: 1}\ny: *x\n', set(['x', 'a'], 2)), /aliases of x/)
    assert.match(refusal('x: &x 1\ny: *x\n', set(['x'], 2)), /aliases of this/)
    assert.match(refusal('x: &x\n  s:\n    t: 1\ny:\n  <<: *x\n', set(['y', 's', 'u'], 2)), /merged/)
    assert.match(refusal('a: {{ .Values.a }}\n', set(['a'], 2)), /template/)
    assert.match(refusal('a: "{{ .Values.a }}"\n', set(['a'], 2)), /template/)
    assert.match(refusal('a:\n  {{- if x }}\n  c: 1\n  {{- end }}\n', set(['a', 'd'], 2)), /template/)
    assert.match(refusal('a: [1\nb: 2\n', set(['a'], 2)), /not valid/)
    assert.match(refusal('a: 1\na: 2\n', set(['a'], 2)), /twice/)
    assert.match(refusal('a: 1\n', set(['a', 'b'], 2)), /not a map/)
    assert.match(refusal('a: !!str 1\n', set(['a'], 2)), /tag/)
    assert.match(refusal('['.repeat(10_000), set(['a'], 2)), /valid|deep|list|item/)
  })
  it('writes around templates that do not touch the map', () => {
    const text = 'metadata:\n  {{- include "labels" . | nindent 2 }}\nspec:\n  name: {{ .Values.x }}\n'
    const edits = yamlEdits(text, [set(['spec', 'a'], 1)])
    assert.ok(!isRefusal(edits))
    assert.equal(applyFragmentEdits(text, edits), `${text}  a: 1\n`)
  })
})

describe('edit/yaml: remove key', () => {
  it('removes a key with its lines', () => {
    assert.equal(edited(job, remove(['spec', 'backoffLimit'])), job.replace('  backoffLimit: 2\n', ''))
    assert.equal(edited('a: 1\nb:\n  c: 1\n  d: 2\ne: 3', remove(['b'])), 'a: 1\ne: 3')
    assert.equal(edited('a: 1\nb: 2', remove(['b'])), 'a: 1\n')
    assert.equal(
      edited(job, remove(['spec', 'template', 'spec', 'containers', 0, 'name'])),
      job.replace('- name: a\n        image', '- image'),
    )
    assert.equal(edited('a: {b: 1, c: 2}\n', remove(['a', 'b'])), 'a: {c: 2}\n')
    assert.equal(edited('a: {b: 1, c: 2}\n', remove(['a', 'c'])), 'a: {b: 1}\n')
  })
  it('leaves an empty map or list', () => {
    assert.equal(edited('a:\n  b: 1\nc: 2\n', remove(['a', 'b'])), 'a: {}\nc: 2\n')
    assert.equal(edited('a: # x\n  b: 1\nc: 2\n', remove(['a', 'b'])), 'a: {} # x\nc: 2\n')
    assert.equal(edited('a:\n- 1\nc: 2\n', remove(['a', 0])), 'a: []\nc: 2\n')
    assert.equal(edited('a:\n- b: 1\nc: 2\n', remove(['a', 0, 'b'])), 'a:\n- {}\nc: 2\n')
    assert.equal(edited('a: 1\n', remove(['a'])), '{}\n')
  })
  it('removes items of lists', () => {
    assert.equal(edited('a:\n- 1\n- b: 2\n  c: 3\n- 4\n', remove(['a', 1])), 'a:\n- 1\n- 4\n')
    assert.equal(edited('a: [1, 2, 3]\n', remove(['a', 1])), 'a: [1, 3]\n')
  })
  it('refuses what is not there, and what others are aliases of', () => {
    assert.match(refusal('a: 1\n', remove(['b'])), /not there/)
    assert.match(refusal('a: &x 1\nb: *x\n', remove(['a'])), /aliases/)
  })
})

describe('edit/yaml: properties', () => {
  const text = `# head
defaults: &defaults
  image: x
spec:   # the spec
    restart: "on"
    list:
    - name: a   # first
      ports: [{a: 1, b: [x, 'y']}, 2]

      script: |
        echo "a: b"

        # not a comment
    -   - nested
    - {}
    empty:
    # about flow
    flow: {a: {b: c}, "d e": [1,
      2], f: }
    folded: >-
      one
      two
    ? complex
    : value
last:
  <<: *defaults
  own: 1
`
  const values = [1, 'no', 'a: b', null, [], { a: 1, b: [1, { c: ['d'] }] }, ['p', { q: 'r' }]]

  function pathsOf(value: unknown, at: Keys = []): Keys[] {
    if (value === null || typeof value !== 'object') return []
    const keys: Keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
    return keys.flatMap((key) => [
      [...at, key],
      ...pathsOf((value as Record<string, unknown>)[key], [...at, key]),
    ])
  }

  for (const [variant, file] of [
    ['as written', text],
    ['with Windows line endings', text.replace(/\n/g, '\r\n')],
    ['without a final line break', text.trimEnd()],
  ] as const) {
    it(`sets, adds and removes at every place, ${variant}`, () => {
      const before = parse(file)
      let done = 0
      for (const keys of pathsOf(before[0])) {
        const writes = [
          ...values.map((value) => set(keys, value)),
          ...values.map((value) => set([...keys, 'new'], value, { after: 'name' })),
          remove(keys),
        ]
        for (const write of writes) {
          const edits = yamlEdits(file, [write])
          if (isRefusal(edits)) continue
          const after = applyFragmentEdits(file, edits)
          const label = `${JSON.stringify(write)}\n${after}`
          assert.deepEqual(parse(after), expected(before, write), label)
          if (file.includes('\r')) assert.doesNotMatch(after, /[^\r]\n/, label)
          done++
        }
      }
      assert.ok(done > 200, `${done} edits`)
    })
  }
})

describe('YAML that a template makes', () => {
  const job = `spec:
  {{- if .Values.retries }}
  backoffLimit: 1
  {{- end }}
  parallelism: {{ .Values.workers }}
  template:
    spec:
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      restartPolicy: Never
      containers:
        - name: train
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
`
  const rewritten = (text: string, write: ConfigurationWrite): string => {
    const edits = yamlEdits(text, [write])
    if (isRefusal(edits)) throw new Error(edits.reason)
    return applyFragmentEdits(text, edits)
  }

  it('gets a key where it holds in every case', () => {
    assert.equal(
      rewritten(job, set(['spec', 'activeDeadlineSeconds'], 3600, { after: 'backoffLimit' })),
      job.replace('.workers }}\n', '.workers }}\n  activeDeadlineSeconds: 3600\n'),
    )
    assert.equal(
      rewritten(job, set(['spec', 'template', 'spec', 'priorityClassName'], 'low')),
      job.replace('Never\n', 'Never\n      priorityClassName: low\n'),
    )
    assert.equal(
      rewritten(job, set(['spec', 'template', 'spec', 'containers', 0, 'tty'], true)),
      job.replace('name: train\n', 'name: train\n          tty: true\n'),
    )
  })

  it('is left alone where every place depends on a condition', () => {
    const text = 'spec:\n  {{- if .Values.a }}\n  a: 1\n  {{- else }}\n  b: 2\n  {{- end }}\n'
    const edits = yamlEdits(text, [set(['spec', 'c'], 3)])
    assert.ok(isRefusal(edits))
    assert.match(edits.reason, /put the key where it holds in every case/)
  })
})

describe('YAML inside YAML', () => {
  const text = `patches:
  - patch: |-
      # why
      - op: add
        path: /spec/replicas
        value: 3
    target: {kind: Deployment}
`
  const within = { document: 0, keys: ['patches', 0, 'patch'] }
  const rewritten = (from: string, ...writes: ConfigurationWrite[]): string => {
    const edits = yamlEdits(from, writes)
    if (isRefusal(edits)) throw new Error(edits.reason)
    return applyFragmentEdits(from, edits)
  }

  it('is changed where it stands, with the indentation around it', () => {
    const value = { ...set([0, 'value'], 1), within } as ConfigurationWrite
    const more = { ...set([1], { op: 'remove', path: '/spec/paused' }), within } as ConfigurationWrite
    const expected = text.replace('value: 3', 'value: 1\n      - op: remove\n        path: /spec/paused')
    assert.equal(rewritten(text, value, more), expected)
    const crlf = (one: string): string => one.replace(/\n/g, '\r\n')
    assert.equal(rewritten(crlf(text), value, more), crlf(expected))
  })

  it('is refused where it is no block', () => {
    const edits = yamlEdits(`patches:\n  - patch: '{"a": 1}'\n`, [
      { ...set(['a'], 1), within } as ConfigurationWrite,
    ])
    assert.ok(isRefusal(edits))
    assert.match(edits.reason, /write it below a `\|`/)
  })
})
