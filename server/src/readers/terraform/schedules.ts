/**
 * What changes the size of a pool at set times. Sources: provider hashicorp/aws, `autoscaling_schedule` (`min_size` is 0 where
 * it is left out, -1 leaves it as it is), `scheduler_schedule`; module terraform-aws-modules/eks.
 */
import { entries, map, number, text } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-scope.js'
import type { ConfigNode } from '../../config/node.js'
import type { Pool } from '../pool-claims.js'
import { Block, type Module } from './block.js'

/** Every resource of that type in the module, as blocks. */
export function* resourcesOf(module: Module, type: string): Generator<Block> {
  for (const one of module.scope.allResources()) {
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
    const own = block.text('name')
    return own.state !== 'known' || own.value === text(node)
  }
  const said = node.reference ?? node.because
  const named = [...said.matchAll(/\b([a-z]\w*_\w+)\.([\w-]+)/g)].filter((one) => types.test(one[1]!))
  return named.length === 0 || named.some((one) => one[2] === block.name)
}

const groups = /^aws_(autoscaling_group|eks_node_group)$/
/** Calls of the AWS API that give a pool another size. */
const resizes = /updateNodegroupConfig|updateAutoScalingGroup|setDesiredCapacity/i

/** `least`: the machines that the pool keeps by itself. */
export function claimSchedule(pool: Pool, block: Block, least: number | null): void {
  const { module, header } = block
  const below = (node: ConfigNode | undefined): boolean => {
    const size = node === undefined ? 0 : number(node)
    return size === undefined || (size >= 0 && (least === null || size < least))
  }
  for (const one of resourcesOf(module, 'aws_autoscaling_schedule')) {
    const group = one.get('autoscaling_group_name')
    if (mayName(block, group, groups) && below(one.get('min_size')?.node)) {
      pool.known('schedule', 'aws_autoscaling_schedule', 'aws_autoscaling_schedule', header)
      return
    }
  }
  for (const one of resourcesOf(module, 'aws_scheduler_schedule')) {
    const target = one.text('target', 0, 'arn')
    if (target.state === 'known' && !resizes.test(target.value)) continue
    pool.known('schedule', 'aws_scheduler_schedule', 'aws_scheduler_schedule', header)
    return
  }
  // `schedules = { night = { min_size = 0, … } }` of a group of the module eks.
  const own = block.get('schedules')
  if (own === undefined) return
  const given = entries(own.node).map(({ key }) => block.get('schedules', key, 'min_size')?.node)
  if (own.node.kind !== 'map' || given.some((node) => node === undefined || below(node)))
    pool.known('schedule', 'schedules', 'schedules', header)
}
