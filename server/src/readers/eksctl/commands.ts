/**
 * Node groups with accelerators that a command line makes: `eksctl create nodegroup`, the first group of `eksctl create cluster`, and
 * `aws eks create-nodegroup`. Sources: eksctl, `create nodegroup --help` (two nodes unless told otherwise); AWS CLI command reference
 * (a group without a scaling configuration has two).
 */
import type { Change, Refusal } from '../../edit/write.js'
import { convert, firstGiven, orDefault } from '../../values/operations.js'
import { asCount, asWord } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, replaceValue } from '../command-lines/change.js'
import { besideMatching, type CloudCommand, cloudCommands, optionOf } from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { claimFixed, claimPool, claimPoolMachine, isAcceleratedType, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const ending = /\bdelete[- ](cluster|nodegroup)\b|\bscale nodegroup\b/

export const nodeGroupCommandsReader = defineReader({
  name: 'node-group-commands',
  languages: ['shell', 'yaml'],
  triggers: ['eksctl create', 'create-nodegroup'],
  read(facts, context, claims) {
    // A notebook that makes a cluster is a lesson, which takes it away in another cell.
    if (facts.fragment.origin !== 'file') return
    for (const one of cloudCommands('eksctl', facts, context, /^create (cluster|nodegroup)\b/))
      if (besideMatching(one, ending) === null) readEksctl(claims, one)
    for (const one of cloudCommands('aws', facts, context, /^eks create-nodegroup\b/))
      if (besideMatching(one, ending) === null) readAws(claims, one)
  },
  change: changeGroup,
})

/** A group of one type of machine that has accelerators; null: anything else. */
function started(claims: ClaimBuilder, source: OptionSource, type: Given<string>, name: string): Pool | null {
  if (!isAcceleratedType(effective(type) ?? '')) return null
  const { command } = source
  const region = effective(source.text('region'))
  const pool = claimPool(claims, {
    kind: 'node group',
    provider: 'aws',
    name,
    place: command.head,
    scope: name,
    words: [
      name,
      optionOf(command, 'labels', 'node-labels', 'tags', 'taints')?.outline ?? '',
      optionOf(command, 'cluster', 'cluster-name')?.outline ?? '',
    ],
    ...(region === undefined ? {} : { region }),
  })
  claimPoolMachine(pool, source.option('node-type')?.name ?? 'instance-types', type)
  return pool
}

function claimSizes(
  pool: Pool,
  source: OptionSource,
  sizes: { key: string; low: Given<number>; high: Given<number> },
) {
  const low = orDefault(sizes.low, usual)
  const { site } = source.atCommand()
  pool.say('minimum', sizes.key, low.state === 'default' ? { ...low, site } : low)
  pool.say('maximum', sizes.key, sizes.high)
  claimFixed(pool, sizes.key, low, orDefault(sizes.high, effective(low) ?? usual))
}

/** Machines of a group of which nothing is said. */
const usual = 2

function readEksctl(claims: ClaimBuilder, one: CloudCommand): void {
  const source = new OptionSource(one, claims, {
    aliases: { 'node-type': ['t', 'instance-types'], 'nodes-min': ['m'] },
  })
  // A file says it all (`--config-file`), or the group has no machines of its own.
  if (optionOf(one, 'config-file', 'f', 'fargate', 'without-nodegroup', 'dry-run') !== undefined) return
  // Short options in capital letters are not read.
  if (one.positionals.some((word) => /^-[A-Z]/.test(word.raw))) return
  const name = optionOf(one, 'name', 'n', 'nodegroup-name')?.value ?? 'node group'
  const pool = started(claims, source, source.text('node-type'), name)
  if (pool === null) return
  const count = (key: string) => convert(source.get(key), asCount)
  const least = source.has('nodes-min') ? 'nodes-min' : 'nodes'
  claimSizes(pool, source, {
    key: least,
    low: count(least),
    high: firstGiven(count('nodes-max'), count('nodes')),
  })
  const spot = source.switch('spot')
  const bought = convert(spot, (on) => (on ? 'spot' : 'on-demand'))
  pool.say('capacity', 'spot', orDefault(bought, 'on-demand'))
}

const capacities = new Map([
  ['on_demand', 'on-demand' as const],
  ['spot', 'spot' as const],
  ['capacity_block', 'reserved' as const],
])

function readAws(claims: ClaimBuilder, one: CloudCommand): void {
  if (
    optionOf(one, 'cli-input-json', 'cli-input-yaml', 'generate-cli-skeleton', 'launch-template') !==
    undefined
  )
    return
  const source = new OptionSource(one, claims)
  const name = optionOf(one, 'nodegroup-name')?.value ?? 'node group'
  const pool = started(claims, source, source.text('instance-types'), name)
  if (pool === null) return
  const size = (key: string): Given<number> => convert(source.get('scaling-config', key), asCount)
  claimSizes(pool, source, { key: 'minSize', low: size('minSize'), high: size('maxSize') })
  const key = 'capacity-type'
  pool.say('capacity', key, orDefault(convert(source.get(key), asWord(capacities)), 'on-demand'))
}

function changeGroup(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'capacity')
    return claim.key === 'spot'
      ? addOptions(claim, facts, 'Buy spot machines: --spot', ['--spot'])
      : addOptions(claim, facts, 'Buy spot machines: --capacity-type SPOT', ['--capacity-type SPOT'])
  if (claim.setting !== 'minimum') return byHand(claim)
  if (claim.site.target?.kind === 'option' && claim.key !== 'nodes')
    return replaceValue(claim, facts, `Scale to zero: ${claim.key}=${value}`, String(value))
  return claim.key === 'minSize'
    ? { reason: 'give it a scaling configuration: --scaling-config minSize=0,maxSize=2,desiredSize=0' }
    : addOptions(claim, facts, 'Scale to zero: --nodes-min=0', ['--nodes-min=0'])
}
