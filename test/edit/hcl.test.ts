import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { hclEdits } from '../../server/src/edit/hcl.js'
import type { ConfigurationWrite } from '../../server/src/edit/write.js'

type Keys = (string | number)[]
const at = { fragment: 0, document: 0 }
const set = (keys: Keys, value: unknown, after?: string): ConfigurationWrite => ({
  kind: 'set key',
  ...at,
  keys,
  value,
  after,
})
const remove = (keys: Keys): ConfigurationWrite => ({ kind: 'remove key', ...at, keys })

function edited(text: string, ...writes: ConfigurationWrite[]): string {
  const edits = hclEdits(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  return applyFragmentEdits(text, edits)
}

function refusal(text: string, write: ConfigurationWrite): string {
  const edits = hclEdits(text, [write])
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

const main = `# pool
resource "aws_instance" "one" {
  ami           = "x-\${var.a["}"]}"
  instance_type = "p4d.24xlarge" // big

  user_data = <<-EOT
    #!/bin/sh
    }
  EOT
  tags = {
    Name = "a"
  }
  root_block_device {
    size = 1
  }
}

resource "aws_instance" "two" {}
`

describe('edit/hcl', () => {
  it('replaces values', () => {
    assert.equal(
      edited(main, set(['resource', 0, 'instance_type'], 'g5.xlarge')),
      main.replace('p4d.24xlarge', 'g5.xlarge'),
    )
    assert.equal(
      edited(main, set(['resource', 0, 'root_block_device', 0, 'size'], 2)),
      main.replace('size = 1', 'size = 2'),
    )
    assert.equal(edited(main, set(['resource', 0, 'ami'], `\${y}`)), main.replace(/"x-.*"/, '"$$$${y}"'))
  })
  it('adds attributes, aligned like their neighbours', () => {
    assert.equal(
      edited(main, set(['resource', 0, 'spot'], true, 'ami')),
      main.replace('  instance_type', '  spot          = true\n  instance_type'),
    )
    assert.equal(
      edited(main, set(['resource', 0, 'spot'], true)),
      main.replace('    Name = "a"\n  }\n', '    Name = "a"\n  }\n  spot = true\n'),
    )
    assert.equal(
      edited(main, set(['resource', 1, 'spot'], true)),
      main.replace('"two" {}', '"two" {\n  spot = true\n}'),
    )
  })
  it('aligns with a line that stands alone, as terraform fmt does', () => {
    assert.equal(
      edited('a {\n  machine = 1\n}\n', set(['a', 0, 'spot'], true)),
      'a {\n  machine = 1\n  spot    = true\n}\n',
    )
    assert.equal(edited('a {\n  b = 1\n}\n', set(['a', 0, 'spot'], true)), 'a {\n  b = 1\n  spot = true\n}\n')
  })
  it('removes attributes', () => {
    assert.equal(
      edited(main, remove(['resource', 0, 'user_data'])),
      main.replace(/ {2}user_data[\s\S]*EOT\n/, ''),
    )
  })
  it('goes into objects', () => {
    assert.equal(
      edited(main, set(['resource', 0, 'tags', 'Name'], 'b')),
      main.replace('Name = "a"', 'Name = "b"'),
    )
    const groups = `module "eks" {
  groups = {
    "gpu" = {
      types    = ["g5.xlarge"] # one
      min_size = 2,
    }
    cpu : { min_size = 1 }
  }
}
`
    assert.equal(
      edited(groups, set(['module', 0, 'groups', 'gpu', 'min_size'], 0)),
      groups.replace('min_size = 2', 'min_size = 0'),
    )
    assert.equal(
      edited(groups, set(['module', 0, 'groups', 'gpu', 'taints'], { a: { b: 'c' } }, 'types')),
      groups.replace('# one\n', '# one\n      taints   = { a = { b = "c" } }\n'),
    )
    assert.equal(
      edited(groups, set(['module', 0, 'groups', 'cpu', 'min_size'], 0)),
      groups.replace('min_size = 1', 'min_size = 0'),
    )
  })
  it('adds blocks', () => {
    assert.equal(
      edited(main, set(['resource', 0, 'taint', 0], { key: 'a', effect: 'B', deep: { x: 1 } })),
      main.replace(
        '    size = 1\n  }\n',
        '    size = 1\n  }\n\n  taint {\n    key    = "a"\n    effect = "B"\n    deep {\n      x = 1\n    }\n  }\n',
      ),
    )
    assert.match(refusal(main, set(['resource', 0, 'tags', 0], { a: 1 })), /not a block/)
    assert.match(refusal(main, set(['resource', 1, 'taint', 0], { a: 1 })), /one line/)
  })
  it('refuses what it cannot read', () => {
    assert.match(refusal(main, set(['resource', 2, 'x'], 1)), /no block/)
    assert.match(refusal(main, set(['resource', 0, 'labels', 'x'], 1)), /no labels/)
    assert.match(refusal('a {\n  b = [1]\n}\n', set(['a', 0, 'b', 'x'], 1)), /no b/)
    assert.match(refusal(main, set(['resource', 0, 'root_block_device'], 1)), /block/)
    assert.match(refusal('a { b = 1 }\n', set(['a', 0, 'c'], 1)), /one line/)
    assert.match(refusal('a {\n', set(['a', 0, 'c'], 1)), /cannot be read/)
  })
})
