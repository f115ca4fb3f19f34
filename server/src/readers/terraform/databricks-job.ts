/** Jobs of Databricks in Terraform: blocks of the provider databricks 1, read as those of an asset bundle. */
import { entries, map } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-scope.js'
import type { ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { ClaimOptions, Place } from '../../workload/builder.js'
import type { Fields, Said } from '../databricks/fields.js'
import { readJob } from '../databricks/job.js'
import { Block, type Key } from './block.js'

/** Blocks that repeat are named in the singular. */
const singular: Record<string, string> = { tasks: 'task', job_clusters: 'job_cluster' }

/** Keys of the API that are blocks here, of which there is one. */
const blocks = new Set([
  'aws_attributes',
  'azure_attributes',
  'gcp_attributes',
  'autoscale',
  'new_cluster',
  'notebook_task',
  'spark_python_task',
  'for_each_task',
  'task',
  'schedule',
  'trigger',
  'periodic',
])

/** Keys of the API as those of the blocks: a nested block is the first one of its kind. */
function blockKeys(keys: Key[]): Key[] {
  return keys.flatMap((key, index): Key[] => {
    const name = typeof key === 'string' ? (lookUp(singular, key) ?? key) : key
    return index < keys.length - 1 && blocks.has(String(key)) ? [name, 0] : [name]
  })
}

class BlockFields implements Fields {
  constructor(private readonly block: Block) {}

  private said<T>(found: ReturnType<Block['text']> | ReturnType<Block['number']>): Said<T> {
    if (found.state === 'absent') return found
    const { place, options } =
      found.at === null ? { place: this.block.header, options: {} } : this.block.module.placed(found.at)
    return found.state === 'known'
      ? { state: 'known', value: found.value as T, place, options }
      : { state: 'unknown', because: found.because, place, options }
  }

  text(...keys: Key[]): Said<string> {
    return this.said(this.block.text(...blockKeys(keys)))
  }
  number(...keys: Key[]): Said<number> {
    return this.said(this.block.number(...blockKeys(keys)))
  }
  boolean(...keys: Key[]): Said<boolean> {
    return this.said(this.block.boolean(...blockKeys(keys)) as ReturnType<Block['text']>)
  }
  has(...keys: Key[]): boolean {
    return this.block.get(...blockKeys(keys)) !== undefined
  }

  inside(...keys: Key[]): Fields | undefined {
    const path = blockKeys(keys)
    const found = this.block.get(...path)
    const first = found?.node.kind === 'list' ? this.block.get(...path, 0) : found
    return first === undefined ? undefined : this.fields(first)
  }

  list(...keys: Key[]): Fields[] {
    const path = blockKeys(keys)
    const found = this.block.get(...path)
    const count = found?.node.kind === 'list' ? found.node.items.length : 0
    return Array.from({ length: count }, (_, index) => this.block.get(...path, index)).flatMap((one) => {
      const fields = one === undefined ? undefined : this.fields(one)
      return fields === undefined ? [] : [fields]
    })
  }

  private fields(value: HclValue): BlockFields | undefined {
    const node = map(value.node)
    if (node === undefined) return undefined
    const first = node.entries[0]
    // What stands in another file is shown where the job is announced.
    const here = value.path === this.block.module.claims.path
    const header =
      here && first !== undefined ? { start: first.keyStart, end: first.value.end } : this.block.header
    return new BlockFields(new Block(this.block.module, value, this.block.name, header))
  }

  texts(...keys: Key[]): (string | null)[] | null {
    const found = this.block.get(...blockKeys(keys))
    if (found === undefined) return []
    if (found.node.kind !== 'list') return null
    return found.node.items.map((one) =>
      one.kind === 'scalar' && one.value !== null ? String(one.value) : null,
    )
  }

  mentions(pattern: RegExp, ...keys: Key[]): boolean {
    const look = (node: ConfigNode | undefined): boolean =>
      entries(node).some(
        ({ key, value }) =>
          pattern.test(key) || pattern.test(value.kind === 'scalar' ? String(value.value) : 'unreadable'),
      )
    return look(this.block.get(...blockKeys(keys))?.node)
  }

  missing(...keys: Key[]): { place: Place; options: ClaimOptions } {
    const { module, value, header } = this.block
    const own = module.keysOf(value)
    const site: Place = {
      ...header,
      document: 0,
      ...(own === undefined ? {} : { keys: [...own, ...blockKeys(keys)] }),
    }
    return { place: header, options: { site, ...(value.overridable ? { overridable: true } : {}) } }
  }
}

export function readDatabricksJob(block: Block): void {
  // `dynamic "task"` may bring more than is seen.
  if (block.isOpen()) return
  const fields = new BlockFields(block)
  const site = fields.missing().options.site ?? block.header
  readJob(block.module.claims, fields, { key: block.name, place: block.header, site })
}
