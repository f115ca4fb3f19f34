/** A folder for one test, and commands run in it. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build, commandLine } from '../build.js'

/** What commands keep between runs does not mix with what the user's own commands have kept. */
export const ownCache = { XDG_CACHE_HOME: join(tmpdir(), 'costlint-tests') }

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'costlint cli ')))

  write(files: Record<string, string | Uint8Array>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true })
      writeFileSync(join(this.path, path), text)
    }
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  /** Runs a script with Node, or the command line as it is installed, and waits for its end. */
  run(
    script: string,
    args: readonly string[],
    options: { input?: string; cwd?: string; env?: object } = {},
  ): Promise<Ended> {
    if (script === commandLine) build()
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, ...args], {
        cwd: join(this.path, options.cwd ?? ''),
        env: { ...process.env, ...ownCache, ...options.env },
      })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (data: string) => {
        stdout += data
      })
      child.stderr.setEncoding('utf8').on('data', (data: string) => {
        stderr += data
      })
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, stdout, stderr }))
      child.stdin.on('error', () => {})
      child.stdin.end(options.input ?? '')
    })
  }
}
