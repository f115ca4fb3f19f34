/** What the protocol asks of the machine it runs on: Node or a web worker. */
import type { Choice, Project } from '../linter.js'

export interface Environment {
  version: string
  /** What it runs on, in words. */
  platform: string
  /**
   * A project for the folder with this URI; null: one without a disk, for documents that lie in no folder.
   * May reject with a readable message; the folder then has no findings, and the message goes to the log.
   */
  createProject(folder: string | null, choice: Choice): Promise<Project> | Project
  /** The decoded text of a file that is not open; undefined when it cannot be read. */
  readText(uri: string): Promise<string | undefined>
  /** The pages of the rules (Markdown), by rule name. */
  rulePages(): Promise<Readonly<Record<string, string>>>
  /** Calls back later and returns how to call it off. Tests bring their own clock. */
  schedule(milliseconds: number, callback: () => void): () => void
  /** Milliseconds of any clock. */
  now(): number
}
