/** What a configuration has a program make: each `_target_` is a call of it, with the keys beside it as its arguments. */
import { hydraRoot } from '../python/configured-path.js'
import { rootIn } from '../python/configured-plain.js'
import type { OutwardCall, Passed, PassedArguments } from '../python/module.js'
import {
  type ConfigurationRoot,
  type Configured,
  type ConfiguredMap,
  configuredAt,
  plainConfigured,
} from '../text/configured.js'

const most = 200

interface Made {
  target: string
  node: ConfiguredMap
  keys: (string | number)[]
}

/** Every map with a `_target_`, at whatever depth. */
function* madeIn(node: Configured, keys: (string | number)[] = []): Generator<Made> {
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) yield* madeIn(item, [...keys, index])
  } else if (node.kind === 'map') {
    const target = configuredAt(node, '_target_')
    if (target?.kind === 'scalar' && typeof target.value === 'string')
      yield { target: target.value, node, keys }
    for (const [key, child] of Object.entries(node.entries)) yield* madeIn(child, [...keys, key])
  }
}

/** Names of what a configuration has a program make. */
export function targetsIn(root: Configured): string[] {
  return [...new Set([...madeIn(root)].map(({ target }) => target))]
}

/** As calls that the module which composes the configuration makes. */
export function configuredCalls({ root, overridable }: ConfigurationRoot, module: string): OutwardCall[] {
  const found: OutwardCall[] = []
  for (const { target, node, keys } of madeIn(root)) {
    if (found.length >= most) break
    const args = parameters(node).map(([name, child]): PassedArguments[number] => ({
      name,
      position: null,
      value: passed(child, overridable),
      ...(child.kind === 'scalar' || makesObjects(child)
        ? {}
        : { path: { root: rootIn(module, hydraRoot), keys: [...keys, name] } }),
    }))
    // What is made in parts gets its other arguments from code.
    const open = node.open !== undefined || node.entries._partial_ !== undefined || hasPositional(node)
    found.push({
      ...{ target, from: null, looped: false, usedAs: null, args, open },
      ...(overridable ? { overridable } : {}),
    })
  }
  return found
}

const parameters = (node: ConfiguredMap): [string, Configured][] =>
  Object.entries(node.entries).filter(([name]) => !/^_\w+_$/.test(name))

const hasPositional = (node: ConfiguredMap): boolean => node.entries._args_ !== undefined

function passed(node: Configured, overridable: boolean): Passed {
  if (node.kind === 'unknown') return { state: 'unknown', because: node.because }
  const value = makesObjects(node) ? undefined : plainConfigured(node)
  if (value === undefined) return { state: 'unknown', because: 'a part of the configuration' }
  return { state: 'known', value, overridable: overridable && node.at.keys !== null, from: node.at }
}

function makesObjects(node: Configured): boolean {
  for (const _ of madeIn(node)) return true
  return false
}
