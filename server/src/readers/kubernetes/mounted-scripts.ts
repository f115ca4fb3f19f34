/** Scripts that stand in a ConfigMap of the same file and are mounted into the container that runs them. */
import { at, entries, items, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigNode } from '../../config/node.js'

/** `bash /scripts/run.sh`, `["/scripts/run.sh"]`: the entry of the map with what stands in it; undefined: no such script. */
export function mountedScript(
  words: readonly ConfigNode[],
  container: ConfigNode,
  documents: readonly ConfigDocument[],
): { entry: ConfigEntry; text: string } | undefined {
  const shell = /(^|\/)(ba|da|z|k|a)?sh$/.test(written(words[0]) ?? '')
  const path = shell
    ? words
        .slice(1)
        .map((word) => written(word) ?? '')
        .find((word) => !word.startsWith('-'))
    : written(words[0])
  if (path === undefined || !path.includes('/')) return undefined
  const name = path.slice(path.lastIndexOf('/') + 1)
  const isMounted = items(at(container, 'volumeMounts')).some((mount) => {
    const folder = text(at(mount, 'mountPath'))?.replace(/\/$/, '')
    return folder !== undefined && (path === folder || path.startsWith(`${folder}/`))
  })
  if (!isMounted) return undefined
  const fitting = documents.flatMap(({ root }) =>
    text(at(root, 'kind')) === 'ConfigMap' ? entries(at(root, 'data')).filter(({ key }) => key === name) : [],
  )
  const [entry] = fitting
  const own = fitting.length === 1 ? textWithTemplates(entry!.value) : undefined
  return own === undefined || /^#!.*python/.test(own) ? undefined : { entry: entry!, text: own }
}
