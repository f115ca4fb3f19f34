/** A bar on the terminal for runs that take longer than one notices. */
import type { Progress } from '../linter.js'
import { groupedDigits } from '../text/grouped-digits.js'
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
    if (total === 0) {
      this.search('files', done)
      return
    }
    if (!this.isDue()) return
    const filled = Math.round((Math.min(done, total) / total) * cells)
    const bar = this.console.errColors.green('█'.repeat(filled)) + '░'.repeat(cells - filled)
    const counted = `${groupedDigits(done)} of ${groupedDigits(total)} files`
    this.console.err(`\r\u001b[K${bar} ${counted}`)
  }

  /** Nobody knows yet how many there are. */
  search(what: 'files' | 'folders', count: number): void {
    if (this.isDue()) this.console.err(`\r\u001b[KLooking for files: ${groupedDigits(count)} ${what}`)
  }

  private isDue(): boolean {
    const now = performance.now()
    if (!this.console.interactive || now - this.began < patience || now - this.drawn < interval) return false
    this.drawn = now
    this.visible = true
    return true
  }

  clear(): void {
    if (this.visible) this.console.err('\r\u001b[K')
    this.visible = false
  }
}
