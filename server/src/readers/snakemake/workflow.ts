/**
 * Snakemake: rules that are wanted for every combination of values. Source: Snakemake 8, `expand` (the product of its keywords),
 * configuration ("configfile").
 */
import { distinctCount } from '../../estimate/dimension.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { configuredAt, plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { isSnakefile } from '../../text/snakefile.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimJobGrid } from '../job-grid.js'
import { defineReader } from '../reader.js'

export const snakemakeReader = defineReader({
  name: 'snakemake',
  title: 'Snakemake',
  languages: ['python'],
  triggers: ['expand('],
  read({ python, path }, _context, claims) {
    if (python === undefined || !isSnakefile(path)) return
    const rules = rulesIn(python)
    for (const call of python.calls) {
      const [pattern] = call.expr.args
      if (call.method !== 'expand' || pattern === undefined || pattern.name !== null) continue
      const wanted = call.expr.args.filter(({ name }) => name !== null)
      // Another way of combining them (`zip`).
      if (call.expr.args.filter(({ name }) => name === null).length > 1 || wanted.length < 2) continue
      const names = wanted.map(({ name }) => name!)
      const training = rules.find((rule) => trains(rule, names))
      if (training === undefined) continue
      claimJobGrid(claims, {
        key: 'expand',
        place: calleePlace(call),
        dimensions: wanted.map(({ name, value }) => dimension(python, name!, value)),
        isHanded: (name) => new RegExp(`wildcards\\.${name}\\b`).test(training.text),
        onGpu: /\b(gpu|gres)/i.test(training.text),
      })
    }
  },
})

interface Rule {
  name: string
  /** All that is written of it, up to the next one. */
  text: string
}

function rulesIn(python: PythonModule): Rule[] {
  const starts = [...python.text.matchAll(/^[ \t]*with +(\w+)[ \t]*:/gm)]
  return starts.map((found, index) => ({
    name: found[1]!,
    text: python.text.slice(found.index, starts[index + 1]?.index),
  }))
}

const trainsByName = /(^|[^a-z])(pre)?(train|fit|fine_?tun)\w*/i

/** Its output depends on all of these, and what it runs trains. */
function trains({ name, text }: Rule, wildcards: readonly string[]): boolean {
  if (!wildcards.every((one) => text.includes(`{${one}}`))) return false
  const programs = text.match(/(?<![\w/-])[\w/-]+\.(py|R|ipynb)\b/g) ?? []
  return trainsByName.test(name) || programs.some((one) => trainsByName.test(one))
}

function dimension(python: PythonModule, name: string, value: Expr): Dimension {
  const known = effective(python.fold(value)) ?? configuredValues(python, value)
  return Array.isArray(known) ? { name, size: distinctCount(known), values: known } : { name, size: null }
}

/** `config["rates"]` of `configfile: "config.yaml"`. */
function configuredValues(python: PythonModule, value: Expr): Json | undefined {
  const keys: string[] = []
  let expr = python.definition(value)
  while (expr.type === 'subscript' && expr.index.type === 'constant') {
    keys.unshift(String(expr.index.value))
    expr = python.definition(expr.value)
  }
  if (expr.type !== 'name' || expr.id !== 'config' || keys.length === 0) return undefined
  const file = /^configfile[ \t]*:[ \t]*["']([^"'\n]+)["']/m.exec(python.text)?.[1]
  const root = file === undefined ? null : python.configurationFile(file)
  const node = root === null ? undefined : configuredAt(root, ...keys)
  return node === undefined ? undefined : plainConfigured(node)
}
