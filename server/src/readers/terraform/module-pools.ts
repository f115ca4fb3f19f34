/** Node pools in a map or list that a call hands to any module: `node_pools = { gpu = { vm_size = … } }`. */
import { entries } from '../../config/access.js'
import { groupsIn } from './aws-pools.js'
import type { Block, Module } from './block.js'
import { readForeignPool } from './google-pools.js'
import { readAksPool } from './other-pools.js'

const poolsKey = /^(\w+_)?(node_?)?pools$/

export function readOtherModulePools(module: Module, call: Block): void {
  const { node } = call.value
  for (const { key } of entries(node)) {
    if (!poolsKey.test(key)) continue
    const pools = groupsIn(module, call.at(key))
    for (const pool of pools) {
      if (pool.holds('vm_size')) readAksPool(pool, pools.length - 1, call)
      else if (pool.holds('machine_type')) readForeignPool(pool, call)
    }
  }
}
