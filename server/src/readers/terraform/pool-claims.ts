/** From what a block says to the claims of a pool. */

import { at, entries, items, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Place } from '../../text/origin.js'
import { define } from '../../text/records.js'
import { orDefault, stated, unreadable } from '../../values/operations.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import { claimLabels, claimPool, type Pool, type PoolFacts } from '../pool-claims.js'
import { type Block, regionOf } from './block.js'

/** A pool whose header stands in the file that is read, or an entry of a map that may stand elsewhere. */
export function startPool(
  block: Block,
  nameKey: string | null,
  facts: Omit<PoolFacts, 'place' | 'scope' | 'name'>,
): Pool {
  const { module, value, header } = block
  const keys = module.keysOf(value)
  const place: Place = { ...header, document: 0, ...(keys === undefined ? {} : { keys }) }
  const region = facts.region ?? regionOf(block, facts.provider)
  return claimPool(module.claims, {
    ...facts,
    name: (nameKey === null ? undefined : effective(block.text(nameKey))) ?? block.name,
    place,
    scope: block.name,
    ...(region === undefined ? {} : { region }),
    ...(value.path === module.claims.path
      ? {}
      : { elsewhere: { path: value.path, cell: null, start: header.start, end: header.end } }),
    ...(value.each === undefined ? {} : { copy: value.each.key }),
  })
}

/** Keys of the taints in a list or map; they are shown at the header, where more would be added. */
export function claimTaints(pool: Pool, block: Block, key: string, node = block.at(key)?.node): void {
  const shown = block.atHeader(key)
  const given =
    node === undefined
      ? block.absent(key)
      : node.kind === 'unknown'
        ? unreadable(shown, node.because)
        : stated(shown, taintKeys(node))
  pool.say('taints', key, orDefault(given, []))
}

function taintKeys(node: ConfigNode): string[] {
  const all = node.kind === 'map' ? node.entries.map((one) => one.value) : items(node)
  return all.map((one) => text(at(one, 'key')) ?? text(one)?.split('=')[0] ?? '?')
}

/** `given`: the keys of the map with the labels that the block adds to those that the provider sets. */
export function claimNodeLabels(
  pool: Pool,
  block: Block,
  given: Key[],
  implicit: Record<string, string | undefined>,
): void {
  const found = block.at(...given)
  // Labels that cannot be read may be any.
  if (found !== undefined && found.node.kind !== 'map') return
  const own: Record<string, string> = {}
  for (const { key } of entries(found?.node)) {
    const value = written(block.at(...given, key)?.node)
    if (value !== undefined) define(own, key, value)
  }
  claimLabels(pool, String(given.at(-1)), own, implicit, block.header)
}

/** The first of a list of types; a list of one kind of machine is what most pools have. */
export function firstText(block: Block, ...keys: Key[]): Given<string> {
  const listed = block.at(...keys)?.node
  if (listed?.kind !== 'list') return block.text(...keys)
  return listed.items.length === 0 ? block.absent(...keys) : block.text(...keys, 0)
}

/**
 * Claims how few machines a scaled pool keeps. Where `count` sets its size as well, each apply would put it back there, with a minimum
 * of 0 perhaps under what runs on it: first `count` has to go.
 * @param shared whether only a count that is the same value as the minimum does harm
 */
export function claimScaledMinimum(
  pool: Pool,
  block: Block,
  key: string,
  minimum: Given<number>,
  { count, instead, shared }: { count: string; instead: string; shared: boolean },
): void {
  const beside = block.at(count)
  const { site } = minimum
  const isSame = beside?.node.start === site.start && beside.node.end === site.end
  const reason = `each apply would set the pool to its ${count}: ${instead}`
  pool.say(
    'minimum',
    key,
    beside === undefined || (shared && !isSame)
      ? minimum
      : { ...minimum, site: { ...site, target: { kind: 'refused', reason } } },
  )
}
