import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const job = `resources:
  jobs:
    train:
      name: train
      job_clusters:
        - job_cluster_key: gpu
          new_cluster:
            spark_version: 15.4.x-gpu-ml-scala2.12
            node_type_id: \${var.machine}
            num_workers: 0
      tasks:
        - task_key: train
          job_cluster_key: gpu
          spark_python_task:
            python_file: ../src/train.py
`
const bundle = 'bundle:\n  name: birds\ninclude:\n  - "*.yml"\n  - resources/*.yml\n'
const variables = 'variables:\n  machine:\n    default: g5.12xlarge\n'

async function project(files: Record<string, string>) {
  return openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
}

async function findings(of: Awaited<ReturnType<typeof project>>): Promise<string[]> {
  const { findings: found, errors } = await of.lint()
  // Half-typed files are read as far as they parse.
  assert.deepEqual(
    errors.filter(({ kind }) => kind !== 'syntax'),
    [],
  )
  return found
    .filter((one) => one.rule === 'lifecycle/no-deadline')
    .flatMap(({ location, message }) => {
      const held = /\d+×[\w-]+/.exec(message)?.[0]
      return held === undefined ? [] : [`${location.path} ${held}`]
    })
}

describe('Databricks bundles', () => {
  it('are read again when a file changes that declares their variables', async () => {
    const open = await project({
      'databricks.yml': bundle,
      'variables.yml': variables,
      'resources/train.yml': job,
    })
    assert.deepEqual(await findings(open), ['resources/train.yml 4×A10G'])
    open.open('variables.yml', variables.replace('g5.12xlarge', 'p4d.24xlarge'))
    assert.deepEqual(await findings(open), ['resources/train.yml 8×A100-40GB'])
    open.open('variables.yml', variables.replace('g5.12xlarge', 'i3.xlarge'))
    assert.deepEqual(await findings(open), [])
    assert.ok(open.relatives('resources/train.yml').includes('variables.yml'))
    await open.dispose()
  })

  it('know nothing of files that they no longer include', async () => {
    const open = await project({
      'databricks.yml': bundle,
      'variables.yml': variables,
      'resources/train.yml': job,
    })
    assert.equal((await findings(open)).length, 1)
    open.open('databricks.yml', bundle.replace('  - "*.yml"\n', ''))
    assert.deepEqual(await findings(open), [])
    await open.dispose()
  })

  it('with patterns that are hostile or half typed end', async () => {
    const include = `${'**/'.repeat(200)}*a*a*a*a*a*a*a*a*a*a*b.yml`
    const open = await project({
      'databricks.yml': `bundle:\n  name: x\ninclude:\n  - "${include}"\n  - [\n  - resources/`,
      'resources/train.yml': job,
    })
    assert.deepEqual(await findings(open), [])
    await open.dispose()
  })
})
