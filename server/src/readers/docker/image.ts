/** What an image starts by itself: `ENTRYPOINT` and `CMD` of a Dockerfile. Source: Dockerfile reference. */
import type { DockerfileFacts, DockerInstruction, DockerStage } from '../../config/dockerfile.js'
import { serverNames } from '../../link/servers.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { ImageProgram, Launch } from '../../workload/claim.js'
import { bareCommand } from '../bare-command.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { launchesOf, shellLaunch } from '../shell/launches.js'
import { ownCommand, scriptCall } from '../shell/script-calls.js'

export const dockerImageReader = defineReader({
  name: 'docker-image',
  languages: ['dockerfile'],
  triggers: [
    'python',
    '.py',
    'torchrun',
    'accelerate',
    'deepspeed',
    '.sh',
    'CMD [',
    'ENTRYPOINT [',
    ...serverNames,
  ],
  read(facts, context, claims) {
    const stages = (facts.config as DockerfileFacts | undefined)?.stages ?? []
    const byName = new Map<string, number>()
    stages.forEach(({ name }, index) => {
      // A stage sees those above it; of two with one name, the first.
      const program = programOf(claims, context, stageWithBase(stages, index, byName), facts.fragment.text)
      const key = name?.toLowerCase()
      if (key !== undefined && !byName.has(key)) byName.set(key, index)
      if (program === null) return
      // A stage that is built on request only is no image of its own.
      claims.imageProgram({ ...program, stage: { name: stages[index]!.name, index } })
      if (index === stages.length - 1) claims.imageProgram(program)
    })
  },
})

/** What the image of a stage starts; null: nothing that can be read. */
function programOf(
  claims: ClaimBuilder,
  context: ReaderContext,
  stage: DockerStage,
  text: string,
): ImageProgram | null {
  const last = (keyword: string) => stage.instructions.filter((one) => one.keyword === keyword).at(-1)
  const [entrypoint, command] = [last('ENTRYPOINT'), last('CMD')]
  const main = entrypoint ?? command
  if (main === undefined) return null
  const copied = copiedFolders(stage, text)
  const launch = launchOf(
    claims,
    context,
    stage,
    copied,
    main,
    entrypoint === undefined ? undefined : command,
  )
  if (launch === null) return null
  // A line for the shell takes no arguments; without an entry point a job's arguments are the command.
  const withArguments =
    entrypoint === undefined
      ? null
      : entrypoint.form === 'shell'
        ? launch
        : launchOf(claims, context, stage, copied, entrypoint, undefined)
  return { launch, withArguments }
}

const deepest = 20

/** A stage with what it inherits from the stage that it is built on. */
function stageWithBase(
  stages: readonly DockerStage[],
  index: number,
  byName: ReadonlyMap<string, number>,
  depth = 0,
): DockerStage {
  const stage = stages[index]!
  const at = stage.image == null ? undefined : byName.get(stage.image.toLowerCase())
  if (at === undefined || at >= index || depth >= deepest) return stage
  const base = stageWithBase(stages, at, byName, depth + 1)
  // An entry point of its own takes the inherited arguments away.
  const replaces = stage.instructions.some(({ keyword }) => keyword === 'ENTRYPOINT')
  const inherited = base.instructions.filter(({ keyword }) => !replaces || keyword !== 'CMD')
  return {
    ...stage,
    image: base.image,
    instructions: [...inherited, ...stage.instructions],
    environment: [...base.environment, ...stage.environment],
    workdir: stage.workdir ?? base.workdir,
  }
}

function launchOf(
  claims: ClaimBuilder,
  context: ReaderContext,
  stage: DockerStage,
  copied: string[],
  main: DockerInstruction,
  more: DockerInstruction | undefined,
): Launch | null {
  const commands =
    main.words === null
      ? context.shell(main.shellText ?? '').commands
      : more !== undefined && more.words === null
        ? // `ENTRYPOINT ["python"]` with `CMD train.py` runs `python /bin/sh -c train.py`: nobody means that.
          null
        : [bareCommand([...main.words, ...(more?.words ?? [])])]
  const all = launchesOf(commands ?? [], () => claims.locate(main))
  // What runs to an end says more about the image than what is served behind it.
  const found = all.some((one) => !one.parts.serves) ? all.filter((one) => !one.parts.serves) : all
  const environment = Object.fromEntries(
    stage.environment.map(({ name, value, start, end }) => [
      name,
      { value, location: claims.locate({ start, end }) },
    ]),
  )
  const around = { job: null, id: `${claims.path}#image`, environment, image: stage.image }
  const started = [
    ...found.map((one) => shellLaunch(one, around)),
    ...(commands ?? []).flatMap((one) => scriptCall(one, around, () => claims.locate(main)) ?? []),
  ]
  const own = (commands ?? []).flatMap((one) => ownCommand(one, around, () => claims.locate(main)) ?? [])
  const [launch] = started.length === 0 ? own : started
  if (launch === undefined || started.length > 1) return null
  return claims.asLaunch({ ...launch, program: inContext(launch.program, stage, copied) }, main)
}

/** Paths in the image as paths of the folder that it is built from. */
function inContext(program: Launch['program'], stage: DockerStage, copied: string[]): Launch['program'] {
  const { path, module } = program
  const home = homeOf(stage)
  const inside = home !== null && path?.startsWith(`${home}/`) ? path.slice(home.length + 1) : path
  return { ...program, path: inside, module, bases: ['.', ...copied] }
}

function homeOf({ workdir }: DockerStage): string | null {
  return workdir?.replace(/\/$/, '') ?? null
}

/** Folders whose content is copied to where the image works: `COPY src/ .`. */
function copiedFolders(stage: DockerStage, text: string): string[] {
  const home = homeOf(stage)
  return stage.instructions.flatMap((one) => {
    if (one.keyword !== 'COPY' && one.keyword !== 'ADD') return []
    const words =
      one.words?.map((word) => word.text ?? '') ??
      text.slice(one.valueStart, one.valueEnd).trim().split(/\s+/)
    const [target, ...sources] = [words.at(-1) ?? '', ...words.slice(0, -1)]
    const bare = target.replace(/\/$/, '')
    if (bare !== '.' && bare !== '' && bare !== home) return []
    return sources.filter((source) => /^[\w./-]+$/.test(source) && !/\.\w+$/.test(source) && source !== '.')
  })
}
