import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const job = `apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: train
          image: registry.example.com/train:1
          command: [python, train.py]
`
const gpus = (count: number): string => `apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      containers:
        - name: train
          resources: {limits: {nvidia.com/gpu: ${count}}}
`
const files = {
  'base/job.yaml': job,
  'base/kustomization.yaml': 'resources: [job.yaml]\n',
  'dev/kustomization.yaml': 'resources: [../base]\npatches: [{path: gpu.yaml}]\n',
  'dev/gpu.yaml': gpus(2),
}

async function project(of: Record<string, string>) {
  return openProject(memoryRoot, memoryHost(new Map(Object.entries(of))))
}

/** `base/job.yaml: bills 2 GPUs` for each job with GPUs and without a deadline. */
async function findings(of: Awaited<ReturnType<typeof project>>): Promise<string[]> {
  const { findings: found, errors, faults } = await of.lint()
  assert.deepEqual([errors, faults], [[], []])
  return found
    .filter((one) => one.rule === 'lifecycle/no-deadline')
    .flatMap(({ location, message }) => {
      const held = /bills \d+ GPUs?/.exec(message)?.[0]
      return held === undefined ? [] : [`${location.path}: ${held}`]
    })
}

describe('Kustomize', () => {
  it('reads a manifest again when a patch or a kustomization changes', async () => {
    const open = await project(files)
    assert.deepEqual(await findings(open), ['base/job.yaml: bills 2 GPUs'])
    open.open('dev/gpu.yaml', gpus(8))
    assert.deepEqual(await findings(open), ['base/job.yaml: bills 8 GPUs'])
    open.open('dev/kustomization.yaml', 'resources: [../base]\n')
    assert.deepEqual(await findings(open), [])
    await open.dispose()
  })

  it('names the files that belong together', async () => {
    const open = await project(files)
    await open.lint()
    assert.deepEqual(open.relatives('dev/gpu.yaml').sort(), ['base/job.yaml', 'dev/gpu.yaml'])
    assert.deepEqual(open.relatives('base/job.yaml').sort(), [
      'base/job.yaml',
      'dev/gpu.yaml',
      'dev/kustomization.yaml',
    ])
    await open.dispose()
  })

  it('shows what a job costs once where all layouts agree, and two where they differ', async () => {
    const selector =
      'restartPolicy: Never\n      nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}'
    const overlays = (counts: number[]): Record<string, string> =>
      Object.fromEntries(
        counts.flatMap((count, index) => [
          [
            `o${index}/kustomization.yaml`,
            `resources: [../base]\nnamespace: n${index}\npatches: [{path: gpu.yaml}]\n`,
          ],
          [`o${index}/gpu.yaml`, gpus(count)],
        ]),
      )
    const base = {
      'base/job.yaml': job.replace('restartPolicy: Never', selector),
      'base/kustomization.yaml': files['base/kustomization.yaml'],
    }
    const labels = async (counts: number[]): Promise<string[]> => {
      const open = await project({ ...base, ...overlays(counts) })
      await open.lint()
      const found = open.annotations('base/job.yaml').filter((one) => one.kind === 'job')
      await open.dispose()
      return found.map((one) => /\d+ GPUs?/.exec(one.label)?.[0] ?? one.label)
    }
    assert.deepEqual(await labels([8, 8, 8]), ['8 GPUs'])
    assert.deepEqual(await labels([8, 4, 2, 8]), ['8 GPUs', '4 GPUs'])
  })

  it('takes kustomizations calmly that name each other, themselves, or nothing that is there', async () => {
    const open = await project({
      ...files,
      'a/kustomization.yaml': 'resources: [../b, ../base, ../nowhere, https://example.com/base]\n',
      'b/kustomization.yaml': 'resources: [../a, ../b]\npatches: [{path: missing.yaml}, {patch: ":"}, 3]\n',
    })
    assert.deepEqual(await findings(open), ['base/job.yaml: bills 2 GPUs'])
    await open.dispose()
  })

  it('takes hostile patches calmly', async () => {
    const deep = `${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`
    const open = await project({
      ...files,
      'dev/kustomization.yaml': `resources: [../base]
patches:
  - path: gpu.yaml
  - path: deep.yaml
    target: {kind: Job}
  - target: {kind: Job, name: "(a+)+$"}
    patch: |-
      - {op: add, path: ${'/spec'.repeat(10_000)}, value: 1}
  - target: {kind: Job}
    patch: |-
      - {op: add, path: ${'/spec'.repeat(10_000)}, value: 1}
      - {op: remove, path: /spec/template/spec/containers/99}
      - {op: replace, path: "", value: 1}
`,
      'dev/deep.yaml': `kind: Job\nmetadata: {name: any}\nspec: {other: ${deep}}\n`,
    })
    assert.deepEqual(await findings(open), ['base/job.yaml: bills 2 GPUs'])
    await open.dispose()
  })
})

describe('Helm charts', () => {
  const template =
    job.replace('name: train}', 'name: "{{ .Release.Name }}"}') +
    '          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n'
  const values = (count: number): string => `resources:\n  limits: {nvidia.com/gpu: ${count}}\n`

  it('are read again when their values change', async () => {
    const open = await project({
      'chart/Chart.yaml': 'apiVersion: v2\nname: train\nversion: 0.1.0\n',
      'chart/templates/job.yaml': template,
      'chart/values.yaml': values(2),
      'other/templates/job.yaml': template,
    })
    assert.deepEqual(await findings(open), ['chart/templates/job.yaml: bills 2 GPUs'])
    open.open('chart/values.yaml', values(8))
    assert.deepEqual(await findings(open), ['chart/templates/job.yaml: bills 8 GPUs'])
    open.open('chart/values.yaml', 'resources: {}\n')
    assert.deepEqual(await findings(open), [])
    assert.deepEqual(open.relatives('chart/values.yaml'), ['chart/values.yaml', 'chart/templates/job.yaml'])
    await open.dispose()
  })
})
