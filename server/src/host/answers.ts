/**
 * Answers that outlive a run. What a file says follows from its bytes and from what the project hands to it; both are
 * spelled in a key, so an answer under the same key is the same answer.
 */
import { hashOf } from '../text/digest.js'

/** Where a host keeps texts between runs. It is named by the engine that runs: another one never sees its texts. */
export interface AnswerStore {
  /** Nothing was kept before. */
  readonly isEmpty: boolean
  /** Whether there is something under this name, without a look at it. */
  has(name: string): boolean
  /** The text under this name; undefined: none, or what is there is damaged. */
  read(name: string): string | undefined
  /** Rejects where nothing can be written. */
  write(name: string, text: string): Promise<void>
  /** Throws away what has none of these names. */
  prune(names: ReadonlySet<string>): Promise<void>
}

interface Answer {
  key: string
  value: unknown
}

/** All answers about one file. */
interface AnswersOfFile {
  answers: Map<string, Answer>
  /** Asked for in this process: the others belong to launches that are gone. */
  asked: Set<string>
  changed: boolean
}

/** Below so many answers a run is fast without them, and a folder that nobody asked for is litter. */
const fewAnswers = 60

export class KeptAnswers {
  private readonly files = new Map<string, AnswersOfFile>()
  private puts = 0
  /** The last writing failed: a disk that is full or may not be written. */
  private broken = false

  constructor(private readonly store: AnswerStore) {}

  /** No run has left anything, so there is no use in asking. */
  get isEmpty(): boolean {
    return this.store.isEmpty
  }

  /** Whether a run has left something about the file. */
  knows(path: string): boolean {
    return this.files.has(path) || this.store.has(nameOf(path))
  }

  get<T>(path: string, question: string, key: string): T | undefined {
    const file = this.of(path)
    file.asked.add(question)
    const answer = file.answers.get(question)
    return answer?.key === hashOf(key) ? (answer.value as T) : undefined
  }

  put(path: string, question: string, key: string, value: unknown): void {
    const file = this.of(path)
    file.asked.add(question)
    file.answers.set(question, { key: hashOf(key), value })
    file.changed = true
    this.puts++
  }

  /** Writes what is new. `paths`: the files of the project. `needed`: those about which more will be asked at once. */
  async flush(paths: readonly string[], needed?: ReadonlySet<string>): Promise<void> {
    const isWorthIt = !this.store.isEmpty || this.puts >= fewAnswers
    if (isWorthIt && !this.broken && this.puts > 0) {
      try {
        for (const [path, file] of this.files) {
          if (file.changed) await this.store.write(nameOf(path), textOf(path, file))
          file.changed = false
        }
        await this.store.prune(new Set(paths.map(nameOf)))
      } catch {
        this.broken = true
      }
      this.puts = 0
    }
    // A long-lived process keeps what it knows elsewhere.
    if (isWorthIt || this.broken)
      for (const path of this.files.keys()) if (needed?.has(path) !== true) this.files.delete(path)
  }

  private of(path: string): AnswersOfFile {
    let file = this.files.get(path)
    if (file === undefined) {
      file = { answers: this.read(path), asked: new Set(), changed: false }
      this.files.set(path, file)
    }
    return file
  }

  private read(path: string): Map<string, Answer> {
    if (!this.store.has(nameOf(path))) return new Map()
    const text = this.store.read(nameOf(path))
    if (text === undefined) return new Map()
    try {
      const kept = JSON.parse(text) as { path: string; answers: [string, Answer][] }
      return kept.path === path ? new Map(kept.answers) : new Map()
    } catch {
      return new Map()
    }
  }
}

function nameOf(path: string): string {
  return hashOf(path)
}

function textOf(path: string, { answers, asked }: AnswersOfFile): string {
  return JSON.stringify({ path, answers: [...answers].filter(([question]) => asked.has(question)) })
}
