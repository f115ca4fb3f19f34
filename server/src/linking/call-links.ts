/** Functions are read with what other modules pass to them. */
import type { FileRecord } from '../extraction/file-record.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'

export class CallLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  around({ path, imports }: FileRecord): Around {
    return imports === null ? {} : { outside: this.project.callsInto(path) }
  }
}
