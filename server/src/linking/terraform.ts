/** Terraform modules: the files of a folder belong together, and a block `module` of another folder may call them. */
import { at, items, map } from '../config/access.js'
import type { HclModule } from '../config/hcl-module.js'
import { calledFolder } from '../config/hcl-steps.js'
import type { ConfigMap } from '../config/node.js'
import type { FileRecord } from '../extraction/file-record.js'
import { folderOf } from '../link/paths.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import type { ProjectFiles } from './project-files.js'
import { type Application, applicationOf } from './terragrunt.js'

const terraform = /\.(tf|tfvars)$/
/** Files of Terragrunt, and those that they read. */
const terragrunt = /\.hcl$/

/** Callers of callers of … that are followed. */
const deepest = 3

/** Files of a folder, and of those that call it as a module, give each other's references their values. */
export class TerraformLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    const { files } = this.project
    const all = files.matching(terraform)
    const folders = new Set(all.filter((path) => files.record(path)?.hcl !== undefined).map(folderOf))
    for (const path of all) if (homeOf(path, folders) !== null) files.want(path)
    if (folders.size > 0) for (const path of files.matching(terragrunt)) files.want(path)
  }

  around({ path }: FileRecord): Around {
    if (!terraform.test(path)) return {}
    const { files, questions } = this.project
    questions.read(`terraform ${path}`)
    for (const one of this.now().filesAround(path)) files.record(one)
    const hcl = this.now().moduleOf(path)
    return hcl === undefined ? {} : { hcl }
  }

  look(kind: string, path: string): string | undefined {
    return kind === 'terraform' ? this.now().filesAround(path).join('\n') : undefined
  }

  private now(): TerraformIndex {
    const { files, questions } = this.project
    // Of the index a file depends on no more than its own part, which it notes.
    return questions.apart(() => questions.ask('terraform modules', () => new TerraformIndex(files)).answer)
  }
}

/**
 * The folder of the module that a file is of; null: of none that is read. Values for an environment often stand in folders of their own
 * below it (`environments/dev.tfvars`, `env/dev/terraform.tfvars`).
 */
function homeOf(path: string, folders: ReadonlySet<string>): string | null {
  let folder = folderOf(path)
  if (folders.has(folder)) return folder
  if (!path.endsWith('.tfvars')) return null
  for (let up = 0; up < deepest && folder !== ''; up++) {
    folder = folderOf(folder)
    if (folders.has(folder)) return folder
  }
  return null
}

interface Call {
  path: string
  block: ConfigMap
  /** Of a file of Terragrunt. */
  applied?: Application
}

class TerraformIndex {
  private readonly folders = new Map<string, FileRecord[]>()
  private readonly calls = new Map<string, Call[]>()
  private readonly modules = new Map<string, HclModule>()

  private readonly code: ReadonlySet<string>

  constructor(files: ProjectFiles) {
    const all = files.matching(terraform)
    this.code = new Set(
      all.filter((path) => path.endsWith('.tf') && files.record(path)?.hcl !== undefined).map(folderOf),
    )
    for (const path of all) {
      const record = files.record(path)
      if (record?.hcl === undefined) continue
      const folder = homeOf(path, this.code) ?? folderOf(path)
      const list = this.folders.get(folder)
      if (list === undefined) this.folders.set(folder, [record])
      else list.push(record)
      for (const node of items(at(record.hcl, 'module'))) {
        const block = map(node)
        const called = block === undefined ? null : calledFolder(folder, block)
        if (block === undefined || called === null || called === folder) continue
        this.addCall(called, { path, block })
      }
    }
    const rootOf = (path: string) => files.record(path)?.hcl
    for (const path of files.matching(terragrunt)) {
      const applied = this.code.size === 0 ? null : applicationOf(path, rootOf, this.code)
      const block: ConfigMap = { kind: 'map', entries: [], start: 0, end: 0 }
      if (applied !== null) this.addCall(applied.folder, { path, block, applied })
    }
  }

  private addCall(folder: string, call: Call): void {
    const calls = this.calls.get(folder)
    if (calls === undefined) this.calls.set(folder, [call])
    else calls.push(call)
  }

  /** True where other files say what its references hold. */
  isShared(path: string): boolean {
    if (!terraform.test(path)) return false
    const folder = this.folderFor(path)
    return (this.folders.get(folder)?.length ?? 0) > 1 || this.calls.has(folder)
  }

  private folderFor(path: string): string {
    return homeOf(path, this.code) ?? folderOf(path)
  }

  moduleOf(path: string): HclModule | undefined {
    return this.isShared(path) ? this.module(this.folderFor(path), 0) : undefined
  }

  private module(folder: string, depth: number): HclModule {
    const known = this.modules.get(`${depth} ${folder}`)
    if (known !== undefined) return known
    const module: HclModule = {
      files: (this.folders.get(folder) ?? []).map(({ path, hcl }) => ({ path, root: hcl! })),
      callers: [],
    }
    this.modules.set(`${depth} ${folder}`, module)
    if (depth < deepest) {
      for (const { path, block, applied } of this.calls.get(folder) ?? [])
        module.callers.push(
          applied === undefined
            ? { path, block, module: this.module(folderOf(path), depth + 1) }
            : { path, block, inputs: applied.inputs, module: this.applying(path, applied) },
        )
    }
    return module
  }

  /** A file of Terragrunt as a module: its locals, and what it reads. */
  private applying(path: string, { root, reads }: Application): HclModule {
    return { files: [{ path, root }], callers: [], reads }
  }

  /** Files that what is said of this one depends on. */
  filesAround(path: string): string[] {
    const found = new Set<string>()
    if (!this.isShared(path)) return []
    const queue: [string, number][] = [[this.folderFor(path), 0]]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [folder, depth] = next
      for (const record of this.folders.get(folder) ?? []) if (record.path !== path) found.add(record.path)
      if (depth < deepest)
        for (const { path: caller, applied } of this.calls.get(folder) ?? []) {
          if (applied === undefined) queue.push([folderOf(caller), depth + 1])
          else {
            found.add(caller)
            for (const one of [...applied.inputs, ...applied.reads.map(({ file }) => file)])
              found.add(one.path)
          }
        }
    }
    return [...found].sort()
  }
}
