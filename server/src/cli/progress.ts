/** A bar on the terminal for runs that take longer than one notices. */
import type { Progress } from '../linter.js'
import type { Console } from './console.js'

/** Nothing is drawn before this many milliseconds, and then no more often than every `interval`. */
const patience = 500
const interval = 80
const cells = 30

export class ProgressBar {
  private readonly began = performance.now()
  private drawn = Number.NEGATIVE_INFINITY
  private visible = false

  constructor(private readonly console: Console) {}

  update({ done, total }: Progress): void {
    if (!this.console.interactive || total === 0) return
    const now = performance.now()
    if (now - this.began < patience || now - this.drawn < interval) return
    this.drawn = now
    this.visible = true
    const filled = Math.round((Math.min(done, total) / total) * cells)
    const bar = this.console.errColors.green('█'.repeat(filled)) + '░'.repeat(cells - filled)
    this.console.err(`\r\u001b[K${bar} ${done} of ${total} files`)
  }

  clear(): void {
    if (this.visible) this.console.err('\r\u001b[K')
    this.visible = false
  }
}
