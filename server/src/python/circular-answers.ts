/**
 * Answers to questions that may lead back to themselves (`x = x.cuda()` in a loop), each worked out once.
 *
 * While a question is open, asking it again gives nothing. Questions that lead to each other form a circle and share the
 * answer of the one that was asked first, since what any of them could find, it has found (Tarjan, "Depth-first search and
 * linear graph algorithms", 1972).
 */
export class CircularAnswers<Question, Answer> {
  private readonly settled = new Map<Question, Answer>()
  /** Questions that are open, or that wait for one which is: their place in `waiting`, and what is known so far. */
  private readonly unsettled = new Map<Question, { place: number; answer: Answer }>()
  private readonly waiting: Question[] = []
  /** The first place in `waiting` that the question being worked out has led back to. */
  private earliest = Number.POSITIVE_INFINITY
  private nesting = 0

  constructor(
    private readonly nothing: Answer,
    /** Questions that may be open at once; one more gets nothing for an answer. */
    private readonly deepest: number,
  ) {}

  of(question: Question, workOut: () => Answer): Answer {
    const settled = this.settled.get(question)
    if (settled !== undefined) return settled
    const known = this.unsettled.get(question)
    if (known !== undefined) {
      this.earliest = Math.min(this.earliest, known.place)
      return known.answer
    }
    if (this.nesting >= this.deepest) return this.nothing
    const before = this.earliest
    const place = this.waiting.push(question) - 1
    const own = { place, answer: this.nothing }
    this.unsettled.set(question, own)
    this.earliest = Number.POSITIVE_INFINITY
    this.nesting++
    const answer = workOut()
    this.nesting--
    own.answer = answer
    if (this.earliest >= place) {
      for (const each of this.waiting.splice(place)) {
        this.settled.set(each, answer)
        this.unsettled.delete(each)
      }
      this.earliest = before
    } else this.earliest = Math.min(this.earliest, before)
    return answer
  }

  /** What the answers were made from has changed. */
  forget(): void {
    this.settled.clear()
  }
}
