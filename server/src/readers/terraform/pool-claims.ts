/** From what a block says to the claims of a pool. */
import { entries, written } from '../../config/access.js'
import { define } from '../../text/records.js'
import type { Place } from '../../workload/builder.js'
import type { SettingName, Words } from '../../workload/words.js'
import { claimLabels, claimPool, claimPoolMachine, type Pool, type PoolFacts } from '../pool-claims.js'
import { type Block, type Key, regionOf, type Said } from './block.js'

type Setting = SettingName<'Scaling'>

/** A pool whose header stands in the file that is read, or an entry of a map that may stand elsewhere. */
export function startPool(block: Block, facts: Omit<PoolFacts, 'place' | 'scope'>): Pool {
  const { module, value, header } = block
  const keys = module.keysOf(value)
  const place: Place = { ...header, document: 0, ...(keys === undefined ? {} : { keys }) }
  const region = regionOf(block, facts.provider)
  return claimPool(module.claims, {
    ...facts,
    place,
    scope: block.name,
    ...(region === undefined ? {} : { region }),
    ...(value.path === module.claims.path
      ? {}
      : { elsewhere: { path: value.path, cell: null, start: header.start, end: header.end } }),
  })
}

/** Where a claim about something that is not written stands: the header; a fix adds to the block. */
export function absentPlace(block: Block, anchor?: string): { place: Place; options: object } {
  const { module, value, header } = block
  const keys = module.keysOf(value)
  const site: Place = {
    ...header,
    document: 0,
    ...(keys === undefined ? {} : { keys }),
    ...(anchor ? { anchor } : {}),
  }
  const options: Record<string, unknown> = { site }
  if (value.path !== module.claims.path)
    options.location = { path: value.path, cell: null, start: header.start, end: header.end }
  if (value.overridable) options.overridable = true
  return { place: header, options }
}

/** `absent`: what the provider does by itself; undefined: nothing is claimed. */
export function claimSaid<K extends Setting, T>(
  pool: Pool,
  block: Block,
  setting: K,
  key: string,
  said: Said<T>,
  convert: (value: T) => Words['Scaling'][K] | undefined,
  absent?: Words['Scaling'][K],
): void {
  if (said.state === 'absent') {
    if (absent === undefined) return
    const { place, options } = absentPlace(block, key)
    if (block.isOpen()) pool.unknown(setting, key, 'more may be given', place, options)
    else pool.default(setting, key, absent, place, options)
    return
  }
  const header = absentPlace(block, key)
  const { place, options } = said.at === null ? header : block.module.placed(said.at)
  const value = said.state === 'known' ? convert(said.value) : undefined
  if (value === undefined)
    pool.unknown(
      setting,
      key,
      said.state === 'unknown' ? said.because : 'a value that is not known',
      place,
      options,
    )
  else pool.known(setting, key, value, place, options)
}

/** The machine of the pool. False: it has no accelerators, or nothing is known of it. */
export function claimMachineOf(pool: Pool, block: Block, key: string, said: Said<string>): boolean {
  if (said.state !== 'known') {
    const { place, options } = absentPlace(block, key)
    pool.unknown('gpus', key, said.state === 'unknown' ? said.because : 'not given', place, options)
    return false
  }
  const { place, options } = block.module.placed(said.at)
  return claimPoolMachine(pool, key, said.value, place, options)
}

/** `given`: the keys of the map with the labels that the block adds to those that the provider sets. */
export function claimNodeLabels(
  pool: Pool,
  block: Block,
  given: Key[],
  implicit: Record<string, string | undefined>,
): void {
  const found = block.get(...given)
  // Labels that cannot be read may be any.
  if (found !== undefined && found.node.kind !== 'map') return
  const own: Record<string, string> = {}
  for (const { key } of entries(found?.node)) {
    const value = written(block.get(...given, key)?.node)
    if (value !== undefined) define(own, key, value)
  }
  claimLabels(pool, String(given.at(-1)), own, implicit, block.header)
}

export function knownText(said: Said<string>): string | undefined {
  return said.state === 'known' ? said.value : undefined
}

/** The first of a list of types; a list of one kind of machine is what most pools have. */
export function firstText(block: Block, ...keys: Key[]): Said<string> {
  const listed = block.get(...keys)
  if (listed === undefined) return { state: 'absent' }
  if (listed.node.kind === 'list')
    return listed.node.items.length === 0 ? { state: 'absent' } : block.text(...keys, 0)
  return block.text(...keys)
}

export const same = <T>(value: T): T => value
