import assert from 'node:assert/strict'
import type { LintResult } from '../../server/src/lint.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const pool = `resource "aws_eks_node_group" "gpu" {
  instance_types = [var.machine]

  scaling_config {
    desired_size = 0
    max_size     = 4
    min_size     = var.least
  }

  taint {
    key    = "nvidia.com/gpu"
    effect = "NO_SCHEDULE"
  }
}
`
const variables = `variable "machine" {
  default = "g5.12xlarge"
}

variable "least" {
  default = 1
}
`

async function project(files: Record<string, string>) {
  return openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
}

async function findings(of: Awaited<ReturnType<typeof project>>): Promise<string[]> {
  const { findings: found, errors } = await of.lint()
  assert.deepEqual(errors, [])
  return found
    .filter((one) => one.rule === 'scaling/idle-floor')
    .map(
      ({ location, severity, message }) =>
        `${location.path} ${severity} ${/below \S+ × \S+/.exec(message)?.[0]}`,
    )
}

describe('Terraform modules', () => {
  it('are read again when another file of theirs changes', async () => {
    const open = await project({ 'pool/main.tf': pool, 'pool/variables.tf': variables })
    assert.deepEqual(await findings(open), ['pool/variables.tf warning below 1 × g5.12xlarge'])
    open.open('pool/variables.tf', variables.replace('default = 1', 'default = 3'))
    assert.deepEqual(await findings(open), ['pool/variables.tf warning below 3 × g5.12xlarge'])
    open.open('pool/variables.tf', variables.replace('default = 1', 'default = 0'))
    assert.deepEqual(await findings(open), [])
    assert.ok(open.relatives('pool/main.tf').includes('pool/variables.tf'))
    await open.dispose()
  })

  it('take what a caller passes, also when the call comes later', async () => {
    const open = await project({ 'pool/main.tf': pool, 'pool/variables.tf': variables })
    assert.equal((await findings(open)).length, 1)
    open.open('prod.tf', 'module "pool" {\n  source = "./pool"\n  least  = 2\n}\n')
    assert.deepEqual(await findings(open), ['prod.tf warning below 2 × g5.12xlarge'])
    open.open('prod.tf', 'module "pool" {\n  source = "./pool"\n  least  = var.unknown\n}\n')
    assert.deepEqual(await findings(open), [])
    await open.dispose()
  })

  it('that call each other, or are being typed, end', async () => {
    const files = {
      'a/main.tf': `${pool}\nmodule "b" {\n  source = "../b"\n  least = var.least\n}\n`,
      'b/main.tf': `${pool}\nmodule "a" {\n  source = "../a"\n  least = var.least\n}\n`,
      'a/variables.tf': variables,
      'b/variables.tf': variables,
      'c.tf': 'module "x" {\n  source = "./a"\n  least = \n  eks_managed_node_groups = { gpu = { min_size = ',
    }
    const open = await project(files)
    const unread = ({ errors }: LintResult) => errors.filter(({ kind }) => kind !== 'syntax')
    assert.deepEqual(unread(await open.lint()), [])
    await open.dispose()
    for (let cut = 0; cut < pool.length; cut += 7) {
      const half = await project({ 'main.tf': pool.slice(0, cut) })
      assert.deepEqual(unread(await half.lint()), [])
      await half.dispose()
    }
  })
})
