/** Terraform modules: the files of a folder belong together, and a block `module` of another folder may call them. */
import { at, items, map } from '../config/access.js'
import { calledFolder, type HclModule } from '../config/hcl-scope.js'
import type { ConfigMap } from '../config/node.js'
import type { FileRecord } from '../extraction/file-record.js'
import { folderOf } from '../link/paths.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import type { ProjectFiles } from './project-files.js'

const terraform = /\.(tf|tfvars)$/

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
        const calls = this.calls.get(called)
        if (calls === undefined) this.calls.set(called, [{ path, block }])
        else calls.push({ path, block })
      }
    }
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
      for (const { path, block } of this.calls.get(folder) ?? [])
        module.callers.push({ path, block, module: this.module(folderOf(path), depth + 1) })
    }
    return module
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
        for (const call of this.calls.get(folder) ?? []) queue.push([folderOf(call.path), depth + 1])
    }
    return [...found].sort()
  }
}
