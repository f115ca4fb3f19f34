/** Python 3 as a process that compiles texts and never runs them. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const program = `
import ast, json, sys, warnings
warnings.simplefilter('ignore')
for line in sys.stdin:
    try:
        ast.parse(json.loads(line))
        print('null', flush=True)
    except (SyntaxError, ValueError) as error:
        print(json.dumps(str(error)), flush=True)
`

export class PythonCompiler {
  private readonly process: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>

  constructor() {
    this.process = spawn('python3', ['-c', program])
    this.answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  /** Why Python 3 cannot compile it; null: it can. */
  async problem(text: string): Promise<string | null> {
    this.process.stdin.write(`${JSON.stringify(text)}\n`)
    const { value, done } = await this.answers.next()
    if (done === true) throw new Error('python3 has ended')
    return JSON.parse(value) as string | null
  }

  dispose(): void {
    this.process.stdin.end()
  }
}
