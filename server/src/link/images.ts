/** Images that the project builds: a job that names one runs what its Dockerfile starts. */
import type { Extraction, ImageBuild, ImageProgram, Launch } from '../workload/claim.js'
import { isNamedAfter, isPublished, mayBeOwn, speaksOfProgram, startsPython } from './image-guess.js'
import { imageTail } from './image-names.js'
import { folderOf, join, nearest, parents } from './paths.js'

export class ImageIndex {
  /** By path of the Dockerfile: one for each stage that starts something. */
  private readonly programs = new Map<string, ImageProgram[]>()
  /** By the last part of the image's name. */
  private readonly builds = new Map<string, ImageBuild[]>()
  /** Names of images that jobs run and nothing in the project is seen to build. */
  private readonly foreign = new Set<string>()

  constructor(extractions: Iterable<Extraction>) {
    const names: string[] = []
    for (const { imagePrograms, imageBuilds, launches } of extractions) {
      for (const { image } of launches) if (image !== undefined) names.push(image.name)
      for (const program of imagePrograms ?? []) {
        const { path } = program.launch.location
        this.programs.set(path, [...(this.programs.get(path) ?? []), program])
      }
      for (const build of imageBuilds ?? []) {
        const tail = imageTail(build.image)
        if (tail === null) continue
        const list = this.builds.get(tail)
        if (list === undefined) this.builds.set(tail, [build])
        else list.push(build)
      }
    }
    for (const name of names) {
      const tail = imageTail(name)
      if (tail !== null && !this.builds.has(tail) && !isPublished(name)) this.foreign.add(tail)
    }
  }

  /** What images start by themselves, whoever runs them. */
  starts(): Launch[] {
    // A shell script stands for itself where no job runs it.
    return [...this.programs.values()]
      .flat()
      .flatMap(({ launch, stage }) => (launch.shell === undefined && stage === undefined ? launch : []))
  }

  /** The launch with what its image starts put in; undefined: the image is not built here, or starts nothing readable. */
  resolve(launch: Launch): Launch | undefined {
    const { image } = launch
    if (image === undefined) return undefined
    const found = this.built(image.name, launch.location.path) ?? this.namedAfter(image.name)
    const built = found ?? this.onlyOne(image.name)
    if (built === undefined) return undefined
    const started = image.arguments === 'given' ? built.program.withArguments : built.program.launch
    if (started === null) return undefined
    const { path, module, bases } = started.program
    const { shell } = started
    // What flags of a shell script mean only the script knows.
    const own = shell === undefined || started.program.command !== undefined
    const words = image.arguments === 'given' ? image.words : []
    const given = shell?.arguments != null && words != null ? [...shell.arguments, ...words] : null
    const folder = folderOf(started.location.path)
    const { image: _image, ...rest } = launch
    return {
      ...rest,
      ...(found === undefined ? { assumed: started.location } : {}),
      launcher: started.launcher,
      program: {
        ...started.program,
        path,
        module,
        bases: [...bases.flatMap((base) => [join(built.folder, base), join(folder, base)]), built.folder],
      },
      ...(shell === undefined ? {} : { shell: { ...shell, arguments: given } }),
      flags: own ? { ...started.flags, ...launch.flags } : {},
      positionals: own ? [...started.positionals, ...launch.positionals] : [],
      complete: started.complete && launch.complete,
      environment: { ...started.environment, ...launch.environment },
      launcherFlags: started.launcherFlags,
      processes: started.processes,
      files: [...started.files, ...launch.files],
      ...(started.perDevice === true ? { perDevice: true } : {}),
      ...(started.serves === true ? { serves: true as const } : {}),
    }
  }

  private built(image: string, path: string): Built | undefined {
    const tail = imageTail(image)
    const found = (tail === null ? undefined : this.builds.get(tail))?.flatMap((build) => {
      const target = this.dockerfileOf(build)
      return target === undefined ? [] : [target]
    })
    if (found === undefined || found.length === 0) return undefined
    const near = nearest(found, path, (each) => each.program.launch.location.path)
    return new Set(near.map((each) => each.program)).size === 1 ? near[0] : undefined
  }

  private namedAfter(image: string): Built | undefined {
    if (this.builds.has(imageTail(image) ?? '')) return undefined
    const named = this.last().filter((program) => isNamedAfter(image, program))
    return named.length === 1 ? fromAnywhere(named[0]!) : undefined
  }

  /** The one Dockerfile that starts a program, where there is one image that it could be. */
  private onlyOne(image: string): Built | undefined {
    const all = this.last()
    const [program] = all
    if (all.length !== 1 || program === undefined) return undefined
    if (this.foreign.size > 1) {
      const named = [...this.foreign].filter((tail) => speaksOfProgram(tail, program))
      if (named.length !== 1 || named[0] !== imageTail(image)) return undefined
    }
    if (this.builds.has(imageTail(image) ?? '')) return undefined
    return startsPython(program) && mayBeOwn(image, program) ? fromAnywhere(program) : undefined
  }

  /** What images start that are built to their last stage. */
  private last(): ImageProgram[] {
    return [...this.programs.values()].flatMap((all) => all.filter(({ stage }) => stage === undefined))
  }

  private dockerfileOf({ dockerfile, folder, location, target }: ImageBuild) {
    const home = folderOf(location.path)
    // Commands run where they are started: beside their script, or at the top of the project.
    for (const base of [home, ...parents(home)]) {
      const context = join(base, folder ?? '.')
      const candidates =
        dockerfile === null
          ? [join(context, 'Dockerfile')]
          : [join(base, dockerfile), join(context, dockerfile)]
      for (const candidate of candidates) {
        const program = this.programs.get(candidate)?.find(({ stage }) => isBuilt(stage, target))
        if (program !== undefined) return { program, folder: context }
      }
    }
    return undefined
  }
}

interface Built {
  program: ImageProgram
  /** That it is built from. */
  folder: string
}

/** Nobody says from which folder: from its own, or the top of the project. */
function fromAnywhere(program: ImageProgram): Built {
  return { program, folder: '' }
}

/** Stages are asked for by name, whatever its case, or by number. */
function isBuilt(stage: ImageProgram['stage'], target: string | undefined): boolean {
  if (target === undefined || stage === undefined) return target === undefined && stage === undefined
  return stage.name?.toLowerCase() === target.toLowerCase() || String(stage.index) === target
}
