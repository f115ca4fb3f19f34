/** Jobs of Databricks in Terraform: blocks of the provider databricks 1, read as those of an asset bundle. */
import { entries, map } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import type { ConfigNode } from '../../config/node.js'
import type { Refusal, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import type { Key } from '../../values/source.js'
import type { Absent, Given } from '../../values/value.js'
import { Fields } from '../databricks/fields.js'
import { readJob } from '../databricks/job.js'
import { Block } from './block.js'

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
function blockKeys(keys: readonly Key[]): Key[] {
  return keys.flatMap((key, index): Key[] => {
    const name = typeof key === 'string' ? (lookUp(singular, key) ?? key) : key
    return index < keys.length - 1 && blocks.has(String(key)) ? [name, 0] : [name]
  })
}

class BlockFields extends Fields {
  readonly shown: Place

  constructor(private readonly block: Block) {
    super()
    this.shown = block.header
  }

  get(...keys: Key[]): Given<Json> {
    return this.block.get(...blockKeys(keys))
  }
  set(keys: readonly Key[], value: Json | undefined): Write | Refusal {
    return this.block.set(blockKeys(keys), value)
  }
  absent(...keys: Key[]): Absent {
    return this.block.absent(...blockKeys(keys))
  }

  inside(...keys: Key[]): Fields | undefined {
    const path = blockKeys(keys)
    const found = this.block.at(...path)
    const first = found?.node.kind === 'list' ? this.block.at(...path, 0) : found
    return first === undefined ? undefined : this.fields(first)
  }

  list(...keys: Key[]): Fields[] {
    const path = blockKeys(keys)
    const found = this.block.at(...path)
    const count = found?.node.kind === 'list' ? found.node.items.length : 0
    return Array.from({ length: count }, (_, index) => this.block.at(...path, index)).flatMap((one) => {
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
    const found = this.block.at(...blockKeys(keys))
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
    return look(this.block.at(...blockKeys(keys))?.node)
  }
}

export function readDatabricksJob(block: Block): void {
  // `dynamic "task"` may bring more than is seen.
  if (block.isOpen()) return
  const keys = block.module.keysOf(block.value)
  const site: Place = { ...block.header, document: 0, ...(keys === undefined ? {} : { keys }) }
  readJob(block.module.claims, new BlockFields(block), { key: block.name, place: block.header, site })
}
