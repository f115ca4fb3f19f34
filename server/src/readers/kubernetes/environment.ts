/** Whether people depend on a service, as far as its names, its labels and its folder tell. */
import { at, entries, written } from '../../config/access.js'
import { type KubernetesObject, nameOf } from './objects.js'

const development =
  /^(dev|devel|develop|development|test|testing|stage|staging|sandbox|demo|poc|playground|preview|qa|experiments?)$/i
const production = /^(prod|production|prd|live)$/i
const environmentLabel = /(^|[/.])(env|environment|stage)$/i
/** Folders in which each folder stands for an environment. */
const environmentFolders = /^(overlays|environments?|envs?|clusters|stages)$/i

export interface Environment {
  kind: 'development' | 'production'
  /** As a message quotes it: 'namespace "dev"'. */
  said: string
}

export function environmentOf(path: string, object: KubernetesObject): Environment | null {
  const metadata = at(object.root, 'metadata')
  const told: [string, string | undefined][] = [
    ...entries(at(metadata, 'labels'))
      .filter((one) => environmentLabel.test(one.key))
      .map((one): [string, string | undefined] => [`label ${one.key}`, written(one.value)]),
    // Who promises how fast it answers wants no cold start.
    ...entries(at(metadata, 'labels'))
      .filter((one) => /latency|\bsl[ao]\b/i.test(one.key))
      .map((one): [string, string | undefined] => [`label ${one.key}`, 'production']),
    ['namespace', written(at(metadata, 'namespace'))],
    ['name', nameOf(object)?.value],
    ['folder', folderOf(path)],
  ]
  for (const [what, value] of told) {
    const parts = value?.split(/[-_./]/) ?? []
    // `prod-like-test` is no place to turn things off.
    if (parts.some((part) => production.test(part))) return { kind: 'production', said: `${what} "${value}"` }
    if (parts.some((part) => development.test(part)))
      return { kind: 'development', said: `${what} "${value}"` }
  }
  return null
}

function folderOf(path: string): string | undefined {
  const folders = path.split('/').slice(0, -1)
  const index = folders.findIndex((one) => environmentFolders.test(one))
  return index < 0 ? undefined : folders[index + 1]
}
