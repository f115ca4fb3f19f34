/** When sessions are judged: at once where that is quick, else in a pause of the typing. */
import type { Environment } from './environment.js'
import type { Session } from './session.js'

/** What was judged faster than this, in milliseconds, is judged at every keystroke. */
const quick = 100
const longestPause = 500

export class Schedule {
  private readonly planned = new Map<Session, () => void>()

  constructor(
    private readonly environment: Environment,
    private readonly judge: (session: Session) => void,
  ) {}

  /** Has the session judged soon; a later call replaces an earlier one. */
  plan(session: Session): void {
    this.planned.get(session)?.()
    const { lastDuration } = session
    const pause = lastDuration < quick ? 0 : Math.min(lastDuration, longestPause)
    const off = this.environment.schedule(pause, () => {
      this.planned.delete(session)
      this.judge(session)
    })
    this.planned.set(session, off)
  }

  drop(session: Session): void {
    this.planned.get(session)?.()
    this.planned.delete(session)
  }

  stop(): void {
    for (const off of this.planned.values()) off()
    this.planned.clear()
  }
}
