/**
 * What changes the size of a pool at set times. Sources: provider hashicorp/aws, `autoscaling_schedule` (`min_size` is 0 where
 * it is left out, -1 leaves it as it is), `scheduler_schedule`; module terraform-aws-modules/eks.
 */
import { entries, map, number, text } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import type { ConfigNode } from '../../config/node.js'
import { effective, type Given } from '../../values/value.js'
import type { Pool } from '../pool-claims.js'
import { Block, type Module } from './block.js'

/** Every resource of that type in the module, as blocks. */
export function* resourcesOf(module: Module, type: string): Generator<Block> {
  for (const one of module.scope.declared.allResources()) {
    if (one.type !== type || map(one.value.node) === undefined) continue
    const { start, end } = one.value.node
    yield new Block(module, one.value, one.name, { start, end })
  }
}

/** True unless the reference, or the name, is plainly that of another resource. */
export function mayName(block: Block, value: HclValue | undefined, types: RegExp): boolean {
  const node = value?.node
  if (node === undefined) return true
  if (node.kind !== 'unknown') {
    const own = effective(block.text('name'))
    return own === undefined || own === text(node)
  }
  const said = node.reference ?? node.because
  const named = [...said.matchAll(/\b([a-z]\w*_\w+)\.([\w-]+)/g)].filter((one) => types.test(one[1]!))
  return named.length === 0 || named.some((one) => one[2] === block.name)
}

const groups = /^aws_(autoscaling_group|eks_node_group)$/
/** Calls of the AWS API that give a pool another size. */
const resizes = /updateNodegroupConfig|updateAutoScalingGroup|setDesiredCapacity/i

/** `least`: the machines that the pool keeps by itself. */
export function claimSchedule(pool: Pool, block: Block, minimum: Given<number>): void {
  const least = effective(minimum)
  const { module, header } = block
  const below = (node: ConfigNode | undefined): boolean => {
    const size = node === undefined ? 0 : number(node)
    return size === undefined || (size >= 0 && (least === undefined || size < least))
  }
  for (const one of resourcesOf(module, 'aws_autoscaling_schedule')) {
    const group = one.at('autoscaling_group_name')
    if (mayName(block, group, groups) && below(one.at('min_size')?.node)) {
      pool.known('schedule', 'aws_autoscaling_schedule', 'aws_autoscaling_schedule', header)
      return
    }
  }
  for (const one of resourcesOf(module, 'aws_scheduler_schedule')) {
    const target = effective(one.text('target', 0, 'arn'))
    if (target !== undefined && !resizes.test(target)) continue
    pool.known('schedule', 'aws_scheduler_schedule', 'aws_scheduler_schedule', header)
    return
  }
  // `schedules = { night = { min_size = 0, … } }` of a group of the module eks.
  const own = block.at('schedules')
  if (own === undefined) return
  const given = entries(own.node).map(({ key }) => block.at('schedules', key, 'min_size')?.node)
  if (own.node.kind !== 'map' || given.some((node) => node === undefined || below(node)))
    pool.known('schedule', 'schedules', 'schedules', header)
}
