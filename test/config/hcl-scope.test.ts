import { strict as assert } from 'node:assert'
import { at, number, text } from '../../server/src/config/access.js'
import { hclFacts } from '../../server/src/config/hcl.js'
import type { HclModule } from '../../server/src/config/hcl-module.js'
import { HclScope } from '../../server/src/config/hcl-scope.js'
import type { ConfigNode } from '../../server/src/config/node.js'
import { nodeGrammars } from './grammars.js'

const trees = await nodeGrammars('hcl')

function moduleOf(files: Record<string, string>, callers: HclModule['callers'] = []): HclModule {
  return {
    files: Object.entries(files).map(([path, source]) => ({
      path,
      root: hclFacts(source, trees).documents[0]!.root,
    })),
    callers,
  }
}

/** The attribute `x` of `main.tf`. */
function read(module: HclModule): ReturnType<HclScope['resolve']> {
  const main = module.files.find((one) => one.path.endsWith('main.tf'))!
  return new HclScope(module).resolve({ node: at(main.root, 'x')!, path: main.path, overridable: false })
}

const value = (node: ConfigNode): unknown => number(node) ?? text(node) ?? node.kind

describe('references of HCL', () => {
  it('are followed over files, with the place of the value', () => {
    const found = read(
      moduleOf({
        'main.tf': 'x = local.sizes["gpu"].min',
        'locals.tf': 'locals {\n  sizes = { gpu = { min = var.min } }\n}',
        'variables.tf': 'variable "min" {\n  default = 3\n}',
      }),
    )
    assert.deepEqual([value(found.node), found.path, found.overridable], [3, 'variables.tf', false])
  })

  it('hold in a module for others only where its callers give nothing else', () => {
    const found = read(
      moduleOf({ 'modules/pool/main.tf': 'x = var.min\nvariable "min" {\n  default = 3\n}' }),
    )
    assert.deepEqual([value(found.node), found.overridable], [3, true])
  })

  it('take what `terraform.tfvars` says; of files for environments only what all say alike', () => {
    const files = { 'main.tf': 'x = "${var.min}"', 'v.tf': 'variable "min" {\n  default = 3\n}' }
    const own = read(moduleOf({ ...files, 'terraform.tfvars': 'min = 5', 'dev.tfvars': 'min = 6' }))
    assert.deepEqual([value(own.node), own.path, own.overridable], [5, 'terraform.tfvars', false])
    const alike = read(moduleOf({ ...files, 'dev.tfvars': 'min = 6', 'prod.tfvars': 'min = 6' }))
    assert.deepEqual([value(alike.node), alike.overridable], [6, true])
    assert.equal(
      read(moduleOf({ ...files, 'dev.tfvars': 'min = 6', 'prod.tfvars': 'min = 7' })).node.kind,
      'unknown',
    )
  })

  it('of a module are what its callers pass', () => {
    const call = (source: string, path: string): HclModule['callers'][number] => {
      const module = moduleOf({ [path]: source })
      const block = at(module.files[0]!.root, 'module', 0)
      assert.ok(block?.kind === 'map')
      return { path, block, module }
    }
    const files = { 'm/main.tf': 'x = var.min\nvariable "min" {\n  default = 3\n}' }
    const passed = call(
      'locals {\n  least = 4\n}\nmodule "m" {\n  source = "./m"\n  min = local.least\n}',
      'main.tf',
    )
    const found = read(moduleOf(files, [passed]))
    assert.deepEqual([value(found.node), found.path, found.overridable], [4, 'main.tf', false])
    const silent = call('module "m" {\n  source = "./m"\n}', 'b.tf')
    assert.deepEqual(value(read(moduleOf(files, [silent])).node), 3)
    assert.equal(read(moduleOf(files, [passed, silent])).node.kind, 'unknown')
  })

  it('merge maps, the later one wins; an unknown part leaves the result open', () => {
    const module = moduleOf({
      'main.tf': 'x = merge(local.a, { k = 2 }, var.more)\nlocals {\n  a = { k = 1, l = 3 }\n}',
    })
    const scope = new HclScope(module)
    const root = module.files[0]!.root
    const found = scope.resolve({ node: at(root, 'x')!, path: 'main.tf', overridable: false })
    assert.ok(found.node.kind === 'map')
    assert.equal(number(at(found.node, 'k')), 2)
    assert.equal(number(at(found.node, 'l')), 3)
    assert.equal(at(found.node, 'other')?.kind, 'unknown')
  })

  it('that go round in circles end', () => {
    const found = read(moduleOf({ 'main.tf': 'x = local.a\nlocals {\n  a = local.b\n  b = local.a\n}' }))
    assert.equal(found.node.kind, 'unknown')
    const deep = `x = ${'merge('.repeat(2_000)}local.a${')'.repeat(2_000)}\nlocals {\n  a = merge(${'local.a, '.repeat(30)}local.a)\n}`
    assert.ok(read(moduleOf({ 'main.tf': deep })).node.kind !== 'scalar')
  })
})

describe('expressions of HCL', () => {
  const of = (x: string, rest = ''): unknown => value(read(moduleOf({ 'main.tf': `x = ${x}\n${rest}` })).node)
  const settings = 'locals {\n  one = { family = "g5", size = "xlarge" }\n}'

  it('are put together from what is known', () => {
    assert.equal(of('"${local.one.family}.${local.one.size}"', settings), 'g5.xlarge')
    assert.equal(of('format("%s.%s", local.one.family, "2xlarge")', settings), 'g5.2xlarge')
    assert.equal(of('"${local.one.family}.${var.size}"', settings), 'unknown')
  })

  it('take the first value that there is', () => {
    assert.equal(of('try(local.one.count, 3)', settings), 3)
    assert.equal(of('coalesce(null, local.one.size)', settings), 'xlarge')
    assert.equal(of('try(var.one.count, 3)', settings), 'unknown')
    const open = 'locals {\n  some = merge({ family = "g5" }, var.more)\n}'
    assert.equal(of('try(local.some.count, 3)', open), 'unknown')
  })

  it('are no more certain than what they pass over', () => {
    const values = {
      'main.tf': 'x = try(coalesce(var.size, "large"), "small")\nvariable "size" {}',
      'prod.tfvars': 'size = null',
      'dev.tfvars': 'size = null',
    }
    const found = read(moduleOf(values))
    assert.equal(value(found.node), 'large')
    assert.equal(found.overridable, true)
  })

  it('of variables that hold themselves end', () => {
    const types =
      'object({ in = optional(object({ in = optional(object({ count = optional(number, 1) })) })) })'
    const round = (name: string, other: string): string =>
      `variable "${name}" {\n  type = ${types}\n  default = { in = var.${other} }\n}\n`
    assert.notEqual(of('var.a.in.in.in.in.in', round('a', 'a')), 1)
    assert.notEqual(of('var.a.in.in.in.in.in', round('a', 'b') + round('b', 'a')), 1)
  })

  it('look under a key that is not known only for what all keys hold', () => {
    const alike = 'locals {\n  by = { dev = { least = 1, most = 2 }, prod = { least = 1, most = 4 } }\n}'
    assert.equal(of('local.by[terraform.workspace].least', alike), 1)
    assert.equal(of('local.by[terraform.workspace].most', alike), 'unknown')
  })

  it('are completed by the type of their variable', () => {
    const typed =
      'variable "pools" {\n  type = map(object({ least = optional(number, 2), most = optional(number) }))\n  default = { gpu = {} }\n}'
    assert.equal(of('var.pools["gpu"].least', typed), 2)
    assert.equal(of('var.pools["gpu"].most', typed), 'unknown')
  })

  it('give values of another file the place where they are written', () => {
    const found = read(
      moduleOf({
        'main.tf': 'x = merge({ a = 1 }, local.more).b',
        'x/main.tf': 'x = local.both.b\nlocals {\n  both = merge({ a = 1 }, local.more)\n}',
        'x/more.tf': 'locals {\n  more = { b = 2 }\n}',
      }),
    )
    assert.equal(found.node.kind, 'unknown')
    const module = moduleOf({
      'main.tf': 'x = local.both.b\nlocals {\n  both = merge({ a = 1 }, local.more)\n}',
      'more.tf': 'locals {\n  more = { b = 2 }\n}',
    })
    assert.equal(read(module).path, 'more.tf')
  })
})
