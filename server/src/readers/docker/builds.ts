/**
 * Builds of images: which name gets which Dockerfile. Shell commands, GitHub's `docker/build-push-action`, steps of
 * Google's Cloud Build, artifacts of Skaffold. Sources: docker build, gcloud builds submit, az acr build; build-push-action
 * action.yml (context, file, tags); cloudbuild.yaml and skaffold.yaml schemas.
 */
import { at, entries, items, map, text, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import { imageBuildOf } from '../../link/image-names.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { defineReader, type ReaderContext } from '../reader.js'

export const imageBuildsReader = defineReader({
  name: 'image-builds',
  languages: ['shell', 'yaml'],
  triggers: [
    'docker build',
    'docker buildx',
    'docker image build',
    'podman build',
    'nerdctl build',
    'buildah bud',
    'builds submit',
    'acr build',
    'build-push-action',
    'cloud-builders/docker',
    'kaniko',
    'skaffold',
  ],
  read(facts, context, claims) {
    for (const command of facts.shell?.commands ?? []) {
      for (const build of imageBuildOf(command)) claims.imageBuild(build, command)
    }
    for (const document of facts.config?.documents ?? []) readDocument(claims, context, document)
  },
})

function readDocument(claims: ClaimBuilder, context: ReaderContext, { root }: ConfigDocument): void {
  for (const job of entries(at(root, 'jobs'))) {
    for (const step of items(at(job.value, 'steps'))) readStep(claims, context, step)
  }
  for (const step of items(at(root, 'runs', 'steps'))) readStep(claims, context, step)
  for (const step of items(at(root, 'steps'))) readCloudStep(claims, step)
  if (/^skaffold\//.test(text(at(root, 'apiVersion')) ?? '')) {
    for (const artifact of items(at(root, 'build', 'artifacts'))) {
      const image = at(artifact, 'image')
      const name = textWithTemplates(image)
      if (image === undefined || name === undefined) continue
      const folder = text(at(artifact, 'context')) ?? '.'
      const file = text(at(artifact, 'docker', 'dockerfile'))
      claims.imageBuild(
        {
          image: name,
          dockerfile: file === undefined ? null : `${folder}/${file}`,
          folder,
          ...targetIn(at(artifact, 'docker')),
        },
        image,
      )
    }
  }
}

/** A step of a workflow: the action that builds, or commands. */
function readStep(claims: ClaimBuilder, context: ReaderContext, step: ConfigNode): void {
  const run = at(step, 'run')
  const script = run === undefined ? undefined : textWithTemplates(run)
  if (run !== undefined && script !== undefined && /\bbuild/.test(script)) {
    for (const command of context.shell(script).commands) {
      for (const build of imageBuildOf(command)) claims.imageBuild(build, run)
    }
  }
  if (!/^docker\/build-push-action@/.test(text(at(step, 'uses')) ?? '')) return
  const inputs = at(step, 'with')
  const tags = at(inputs, 'tags')
  const names = textWithTemplates(tags)
  if (tags === undefined || names === undefined) return
  const folder = text(at(inputs, 'context')) ?? '.'
  const dockerfile = text(at(inputs, 'file')) ?? null
  for (const image of names.split(/[\s,]+/).filter((one) => one !== ''))
    claims.imageBuild({ image, dockerfile, folder, ...targetIn(inputs) }, tags)
}

/** The stage that is asked for. */
export function targetIn(build: ConfigNode | undefined): { target?: string } {
  const target = text(at(build, 'target'))
  return target === undefined ? {} : { target }
}

/** `name: gcr.io/cloud-builders/docker`, `args: ['build', '-t', NAME, '.']`; kaniko's `--destination`. */
function readCloudStep(claims: ClaimBuilder, step: ConfigNode): void {
  const builder = text(at(step, 'name')) ?? ''
  const args = at(step, 'args')
  if (map(step) === undefined || args === undefined) return
  const words = items(args).map((node): ShellWord => {
    const { start, end } = node
    const raw = textWithTemplates(node) ?? ''
    return { text: text(node) ?? null, raw, outline: raw, start, end }
  })
  const folder = text(at(step, 'dir')) ?? ''
  const command = (head: string[]) => {
    const named = head.map((one): ShellWord => ({ text: one, raw: one, start: args.start, end: args.start }))
    return { ...bareCommand([...named, ...words], args), folder }
  }
  if (/(^|\/)docker(:|$)/.test(builder)) {
    for (const build of imageBuildOf(command(['docker']))) claims.imageBuild(build, args)
  } else if (/kaniko/.test(builder)) {
    const value = (flag: string) => {
      const word = words.find((one) => one.raw.startsWith(`--${flag}=`))
      return word?.raw.slice(flag.length + 3)
    }
    const image = value('destination')
    if (image === undefined) return
    const context = value('context')?.replace(/^dir:\/\/(\/workspace\/?)?/, '') || '.'
    const target = value('target')
    const below = (path: string) => (folder === '' ? path : `${folder}/${path}`)
    const file = value('dockerfile')
    claims.imageBuild(
      {
        image,
        dockerfile: file === undefined ? null : below(file),
        folder: below(context),
        ...(target === undefined ? {} : { target }),
      },
      args,
    )
  }
}
