/** Data sets that a program reads by its own means from the files and folders under which they are distributed. */
import { datasetNameOfPath, distributedFiles } from '../../catalog/datasets.js'
import type { PythonModule } from '../../python/module.js'
import { defineReader } from '../reader.js'

export const distributedFilesReader = defineReader({
  name: 'python-distributed-files',
  languages: ['python'],
  triggers: distributedFiles,
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const paths = pathsIn(python)
    const [first] = paths
    // Of several nobody knows which one it trains on.
    if (first === undefined || paths.some(({ name }) => name !== first.name)) return
    const { name, path, place } = first
    const set = claims.subject('Dataset', place, '', python.evidence, null, 'by files')
    set.known('byFiles', path, { name, path }, place)
  },
})

interface NamedPath {
  name: string
  path: string
  place: { start: number; end: number }
}

const longest = 200
const literal = /(["'])((?:(?!\1)[^\\\n]){4,})\1/g

/** Texts of the code that lead into such a folder or file. */
function pathsIn({ code }: PythonModule): NamedPath[] {
  const found: NamedPath[] = []
  for (const match of code.matchAll(literal)) {
    const path = match[2]!
    if (path.length > longest) continue
    const name = datasetNameOfPath(path)
    if (name === undefined) continue
    const start = match.index + 1
    found.push({ name, path, place: { start, end: start + path.length } })
  }
  return found
}
