/** Images that the project builds: a job that names one runs what its Dockerfile starts. */
import type { Extraction, ImageBuild, ImageProgram, Launch } from '../workload/claim.js'
import { imageTail } from './image-names.js'
import { folderOf, join, nearest, parents } from './paths.js'

export class ImageIndex {
  /** By path of the Dockerfile: one for each stage that starts something. */
  private readonly programs = new Map<string, ImageProgram[]>()
  /** By the last part of the image's name. */
  private readonly builds = new Map<string, ImageBuild[]>()

  constructor(extractions: Iterable<Extraction>) {
    for (const { imagePrograms, imageBuilds } of extractions) {
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
    const built = image === undefined ? undefined : this.built(image.name, launch.location.path)
    if (image === undefined || built === undefined) return undefined
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

  private built(image: string, path: string): { program: ImageProgram; folder: string } | undefined {
    const tail = imageTail(image)
    const found = (tail === null ? undefined : this.builds.get(tail))?.flatMap((build) => {
      const target = this.dockerfileOf(build)
      return target === undefined ? [] : [target]
    })
    if (found === undefined || found.length === 0) return undefined
    const near = nearest(found, path, (each) => each.program.launch.location.path)
    return new Set(near.map((each) => each.program)).size === 1 ? near[0] : undefined
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

/** Stages are asked for by name, whatever its case, or by number. */
function isBuilt(stage: ImageProgram['stage'], target: string | undefined): boolean {
  if (target === undefined || stage === undefined) return target === undefined && stage === undefined
  return stage.name?.toLowerCase() === target.toLowerCase() || String(stage.index) === target
}
