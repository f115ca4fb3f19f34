/** What a service of Compose sees of the project. Source: the Compose specification, "services" (volumes, configs) and "configs". */
import { at, items, text, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import { innermostFirst, type Mount } from '../../link/container-run.js'
import { folderOf, join } from '../../link/paths.js'
import { byDefault } from './accelerators.js'

/** Paths from the top of the project. `path`: the file of Compose, which relative sources start from. */
export function mountsOf(document: ConfigDocument, service: ConfigMap, path: string): Mount[] {
  const folder = folderOf(path)
  const found: Mount[] = []
  const add = (source: string | undefined, target: string | undefined): void => {
    if (target === undefined || !/^\/[\w./-]+$/.test(target)) return
    const below = source === undefined ? null : belowHere(source)
    found.push({
      host: below === null ? null : join(folder, below),
      target: target.replace(/(?<!\/)\/+$/, ''),
    })
  }
  for (const volume of items(at(service, 'volumes'))) {
    if (volume.kind === 'map') {
      add(given(at(volume, 'source')), given(at(volume, 'target')))
      continue
    }
    const [source, target] = partsOf(filled(textWithTemplates(volume) ?? ''))
    add(source, target)
  }
  for (const config of items(at(service, 'configs'))) {
    const name = text(config) ?? text(at(config, 'source'))
    const source = name === undefined ? undefined : given(at(document.root, 'configs', name, 'file'))
    // It is named from the folder of the file, with or without a dot.
    const file = source === undefined || /^[./~]/.test(source) ? source : `./${source}`
    add(file, given(at(config, 'target')) ?? `/${name}`)
  }
  return innermostFirst(found)
}

const given = (node: ConfigNode | undefined): string | undefined =>
  node === undefined ? undefined : (byDefault(node) ?? textWithTemplates(node))

/** Variables with what holds where nobody sets them: `${CONFIG:-./conf}`. */
const filled = (written: string): string => written.replace(/\$\{\w+:?-([^{}$]*)\}/g, '$1')

/** `source:target:options`; one part alone is the target of a volume without a name. */
function partsOf(written: string): [string | undefined, string | undefined] {
  const [first, second] = written.split(':')
  return second === undefined ? [undefined, first] : [first, second]
}

/** Relative to the folder; null: a named volume, or a path of the machine. */
function belowHere(source: string): string | null {
  const relative = source.replace(/^\$(?:PWD\b|\{PWD\})/, '.')
  return /^\.{1,2}(?:\/[\w./-]*)?$/.test(relative) ? relative : null
}
