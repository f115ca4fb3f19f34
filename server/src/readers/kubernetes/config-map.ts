/**
 * Maps of values that containers take their variables from: objects of kind ConfigMap, and those that a kustomization makes
 * of literals (`configMapGenerator`). Which container means which map, the project finds out: they mostly stand in files
 * of their own.
 */
import { at, entries, items, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { define } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { LaunchValue, VariableSource } from '../../workload/claim.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { manifestLanguages, nameOf, objectsIn } from './objects.js'

const variableName = /^[A-Za-z_]\w*$/

export const configMapReader = defineReader({
  name: 'kubernetes-config-map',
  languages: manifestLanguages,
  triggers: ['ConfigMap', 'configMapGenerator'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      const name = object.kind === 'ConfigMap' ? nameOf(object)?.value : undefined
      if (name === undefined) continue
      const values: Record<string, LaunchValue> = {}
      for (const { key, value } of entries(at(object.root, 'data'))) {
        if (!variableName.test(key)) continue
        define(values, key, { value: written(value) ?? null, location: claims.locate(value) })
      }
      hold(claims, name, values)
    }
    readGenerators(facts, claims)
  },
})

/** `literals` of a kustomization: `NAME=value`. */
function readGenerators({ config }: FragmentFacts, claims: ClaimBuilder): void {
  for (const document of config?.documents ?? []) {
    for (const generator of items(at(document.root, 'configMapGenerator'))) {
      const name = text(at(generator, 'name'))
      if (name === undefined) continue
      const values: Record<string, LaunchValue> = {}
      for (const literal of items(at(generator, 'literals'))) {
        const [, key, value] = /^(\w+)=(.*)$/s.exec(text(literal) ?? '') ?? []
        if (key === undefined || !variableName.test(key)) continue
        define(values, key, {
          value: value!.replace(/^(["'])(.*)\1$/s, '$2'),
          location: claims.locate(literal),
        })
      }
      hold(claims, name, values)
    }
  }
}

function hold(claims: ClaimBuilder, object: string, values: Record<string, LaunchValue>): void {
  if (Object.keys(values).length > 0) claims.variables({ object, values })
}

/** What a container takes from such maps; undefined: nothing. */
export function variableSources(container: ConfigNode): VariableSource[] | undefined {
  const whole = items(at(container, 'envFrom')).flatMap((one): VariableSource[] => {
    const object = text(at(one, 'configMapRef', 'name'))
    return object === undefined ? [] : [{ object, prefix: text(at(one, 'prefix')) ?? '' }]
  })
  const single = items(at(container, 'env')).flatMap((one): VariableSource[] => {
    const from = at(one, 'valueFrom', 'configMapKeyRef')
    const [variable, object, key] = [at(one, 'name'), at(from, 'name'), at(from, 'key')].map(text)
    return variable === undefined || object === undefined || key === undefined
      ? []
      : [{ object, key, variable }]
  })
  return whole.length + single.length === 0 ? undefined : [...whole, ...single]
}
