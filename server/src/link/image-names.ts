/** Names of container images, and the commands that build them. */
import type { ShellCommand } from '../config/shell-facts.js'
import type { ImageBuild } from '../workload/claim.js'

/** The last part of an image's name, without registry, tag and digest; null: not readable. */
export function imageTail(image: string): string | null {
  const last = image.trim().replace(/@.*$/, '').split('/').at(-1)!.replace(/:.*$/, '')
  return /^[A-Za-z0-9][\w.-]*$/.test(last) ? last.toLowerCase() : null
}

/** Commands by what stands before their options; `tag` and `file` are their options for name and Dockerfile. */
const builders: { command: RegExp; tag: RegExp; file: RegExp | null }[] = [
  {
    command: /^(?:sudo )?(?:docker|podman|nerdctl|buildah)(?: buildx| image)? (?:build|bud)\b/,
    tag: /^(-t|--tag)$/,
    file: /^(-f|--file)$/,
  },
  { command: /^gcloud (?:beta )?builds submit\b/, tag: /^(-t|--tag)$/, file: null },
  { command: /^az acr build\b/, tag: /^(-t|--image)$/, file: /^(-f|--file)$/ },
]

/** Options without a value: whatever follows them is the folder or another option. */
const switches =
  /^(-q|--(?:no-cache|pull|push|load|quiet|rm|force-rm|squash|compress|no-logs|async|no-wait|verbose|debug))$/

/** What a shell command builds; null: it builds no image that has a name. */
export function imageBuildOf(command: ShellCommand): Omit<ImageBuild, 'location'>[] {
  const source = command.words
    .slice(0, 5)
    .map((word) => word.text ?? '?')
    .join(' ')
  const builder = builders.find((one) => one.command.test(source))
  if (builder === undefined || command.unreachable) return []
  const names: string[] = []
  let dockerfile: string | null = null
  let target: string | undefined
  let folder: string | null | undefined
  const skipped = builder.command.exec(source)![0].split(' ').length
  const words = command.words.slice(skipped)
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const said = word.text ?? word.outline ?? word.raw
    if (!said.startsWith('-')) {
      folder = word.text
      continue
    }
    const [, flag, joined] = /^(--?[\w-]+)(?:=([\s\S]*))?$/.exec(said) ?? []
    if (flag === undefined || switches.test(flag)) continue
    const next = joined === undefined ? words[++index] : undefined
    const value = joined ?? next?.text ?? next?.outline ?? next?.raw
    if (value === undefined) break
    if (builder.tag.test(flag)) names.push(value)
    else if (builder.file?.test(flag)) dockerfile = value
    else if (flag === '--target') target = value
  }
  if (folder === null) return []
  const place = inFolder(command.folder, folder ?? '.')
  if (place === null) return []
  const file = dockerfile === null ? null : inFolder(command.folder, dockerfile)
  return names.map((image) => ({
    image,
    dockerfile: file,
    folder: place,
    ...(target === undefined ? {} : { target }),
  }))
}

function inFolder(base: string | null, path: string): string | null {
  if (path.startsWith('/')) return null
  return base === '' || base === '.' ? path : base === null || base.startsWith('/') ? null : `${base}/${path}`
}
