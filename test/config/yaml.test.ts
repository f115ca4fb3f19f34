import assert from 'node:assert/strict'
import { at, boolean, entry, isUnknown, items, keysTo, number, text } from '../../server/src/config/access.js'
import type { ConfigNode } from '../../server/src/config/node.js'
import { yamlFacts } from '../../server/src/config/yaml.js'

/** What stands at the place of a node. */
const shown = (source: string, node: { start: number; end: number } | undefined) =>
  node === undefined ? undefined : source.slice(node.start, node.end)

/** Plain data, with unknown nodes as `?reason`. */
function plain(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'unknown') return `?${node.because}`
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((one) => [one.key, plain(one.value)]))
}
const read = (source: string) => plain(yamlFacts(source).documents[0]!.root)

describe('YAML', () => {
  it('gives the exact ranges of keys and values', () => {
    const source = "a: \"x y\"  # note\nb:\n  - 'it''s'\n  - run: |\n      one\n      two\n\nc: {d: 1}\n"
    const { documents, comments } = yamlFacts(source)
    const root = documents[0]!.root
    assert.equal(shown(source, at(root, 'a')), '"x y"')
    assert.equal(shown(source, at(root, 'b', 0)), "'it''s'")
    assert.equal(text(at(root, 'b', 0)), "it's")
    assert.equal(shown(source, at(root, 'b', 1, 'run')), '|\n      one\n      two')
    assert.equal(text(at(root, 'b', 1, 'run')), 'one\ntwo\n')
    assert.equal(shown(source, at(root, 'c')), '{d: 1}')
    const b = entry(root, 'b')!
    assert.equal(source.slice(b.keyStart, b.keyEnd), 'b')
    assert.deepEqual(comments, [{ start: 10, end: 16, text: '# note' }])
    assert.deepEqual(keysTo(root, at(root, 'b', 1, 'run')!), ['b', 1, 'run'])
  })

  it('leaves a value open that a template writes on the last line', () => {
    const source =
      'a:\n  {{- toYaml .Values.a | nindent 2 }}\n---\nb:\n  - c: 1\n    d:\n      {{- toYaml .Values.d | nindent 6 }}\n'
    assert.deepEqual(
      yamlFacts(source).documents.map((one) => plain(one.root)),
      [{ a: '?template' }, { b: [{ c: 1, d: '?template' }] }],
    )
  })

  it('reads scalars as YAML 1.2 does, and the booleans of YAML 1.1', () => {
    assert.deepEqual(
      read(
        'a: yes\nb: "yes"\nc: Off\nd: 1e-4\ne: 1_000\nf: 0123456789012\ng: 24:00:00\nh: ~\ni:\nj: 0x10\nk: n\nl: -2.5\nm: 010\no: .5\np: !!str 5\nq: 123456789012345678901\n',
      ),
      {
        a: true,
        b: 'yes',
        c: false,
        d: 1e-4,
        e: 1000,
        f: '0123456789012',
        g: '24:00:00',
        h: null,
        i: null,
        j: 16,
        k: 'n',
        l: -2.5,
        m: 8,
        o: 0.5,
        p: '5',
        q: '123456789012345678901',
      },
    )
    assert.equal(number(at(yamlFacts('a: "8"').documents[0]!.root, 'a')), 8)
    assert.equal(boolean(at(yamlFacts('a: "True"').documents[0]!.root, 'a')), true)
  })

  it('resolves anchors, aliases and merge keys, own keys first', () => {
    const source = 'base: &b {lr: 1, bs: 2}\nrun:\n  <<: *b\n  bs: 4\nsame: *b\nboth:\n  <<: [{bs: 9}, *b]\n'
    assert.deepEqual(read(source), {
      base: { lr: 1, bs: 2 },
      run: { lr: 1, bs: 4 },
      same: { lr: 1, bs: 2 },
      both: { lr: 1, bs: 9 },
    })
    const root = yamlFacts(source).documents[0]!.root
    assert.equal(shown(source, at(root, 'same')), '*b')
    assert.equal(at(root, 'run', 'lr')!.start, source.indexOf('1'))
    assert.deepEqual(read('a: &a [*a]\nb: *missing\n'), { a: ['?recursive alias'], b: '?unknown alias' })
  })

  it('keeps documents apart, and the readable parts of a broken one', () => {
    const { documents } = yamlFacts('a: 1\n---\nb: [1, 2\nc: 3\n---\nd: 4\n')
    assert.equal(documents.length, 3)
    assert.equal(documents[0]!.hasErrors, false)
    assert.equal(documents[1]!.hasErrors, true)
    assert.deepEqual(plain(documents[2]!.root), { d: 4 })
    assert.deepEqual(read('spec:\n  a: 1\n  b:\n    - name: x\n      im'), {
      spec: { a: 1, b: [{ name: 'x', im: null }] },
    })
  })

  it('does not read what a tag or an interpolation decides', () => {
    assert.deepEqual(
      read('a: !Ref Size\nb: !GetAtt [x, y]\nc: ${oc.env:HOME}/x\nd: "{{ ds }}"\ne: plain $VAR\n'),
      {
        a: '?!Ref',
        b: '?!GetAtt',
        c: '?template',
        d: '?template',
        e: 'plain $VAR',
      },
    )
    const source = 'command: python train.py --lr ${{inputs.lr}}\n'
    const node = at(yamlFacts(source).documents[0]!.root, 'command')
    assert.ok(isUnknown(node))
    assert.equal(node.text, 'python train.py --lr ${{inputs.lr}}')
  })

  it('reads around the templates of a Helm chart', () => {
    const source = `{{- if .Values.enabled }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "chart.name" . }}-train
  labels:
    app: x
    {{- include "chart.labels" . | nindent 4 }}
spec:
  backoffLimit: {{ .Values.retries }}
  template:
    spec:
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: train
          image: "{{ .Values.image }}:{{ .Values.tag }}"
          command:
            - bash
            - -c
            - |
              python train.py --lr {{ .Values.lr }}
              {{- if .Values.extra }}
              python more.py
              {{- end }}
          resources:
            limits:
              nvidia.com/gpu: 4
{{- end }}
`
    const document = yamlFacts(source).documents[0]!
    assert.equal(document.templated, true)
    assert.equal(document.hasErrors, false)
    const { root } = document
    assert.equal(text(at(root, 'kind')), 'Job')
    assert.ok(isUnknown(at(root, 'metadata', 'name')))
    assert.ok(isUnknown(at(root, 'spec', 'backoffLimit')))
    const spec = at(root, 'spec', 'template', 'spec')
    assert.ok(isUnknown(at(spec, 'nodeSelector')))
    // A key that the template may add is unknown; where no template line stands it is absent.
    assert.ok(isUnknown(at(root, 'metadata', 'labels', 'team')))
    assert.equal(at(root, 'spec', 'activeDeadlineSeconds'), undefined)
    const container = items(at(spec, 'containers'))[0]
    assert.equal(number(at(container, 'resources', 'limits', 'nvidia.com/gpu')), 4)
    const script = at(container, 'command', 2)
    assert.equal(text(script), 'python train.py --lr {{ .Values.lr }}\n\npython more.py\n\n')
    assert.equal(shown(source, at(container, 'image')), '"{{ .Values.image }}:{{ .Values.tag }}"')
  })

  it('knows no value for a key that both branches of a condition give', () => {
    const source =
      '{% if big %}\nsize: 8\n{% else %}\nsize: 1\n{% endif %}\nkind: {% if a %}x{% else %}y{% endif %}\n'
    assert.deepEqual(read(source), { size: '?template', kind: '?template' })
  })

  it('takes hostile files calmly', () => {
    const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++)
      laughs.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    const facts = yamlFacts(`${laughs.join('\n')}\n`)
    assert.ok(isUnknown(at(facts.documents[0]!.root, 'a11', 0)))
    assert.equal(text(at(facts.documents[0]!.root, 'a1', 0, 0)), 'x')
    for (const nested of [
      '['.repeat(10_000),
      '{a: '.repeat(10_000),
      '- '.repeat(10_000),
      'a:\n'.repeat(10),
    ]) {
      assert.ok(yamlFacts(nested).documents.length > 0)
    }
    assert.equal(yamlFacts('{{'.repeat(100_000)).documents.length > 0, true)
    assert.deepEqual(
      plain(yamlFacts('').documents[0]?.root ?? { kind: 'scalar', value: null, raw: '', start: 0, end: 0 }),
      null,
    )
  })

  it('counts offsets in UTF-16 behind byte-order marks, emoji and carriage returns', () => {
    const source = '\uFEFFa: 🚀\r\nb: {c: "x"}\r\n'
    const root = yamlFacts(source).documents[0]!.root
    assert.equal(shown(source, at(root, 'a')), '🚀')
    assert.equal(shown(source, at(root, 'b', 'c')), '"x"')
  })
})
