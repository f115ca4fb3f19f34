/** The bill of a run where nothing says on which card it runs: the range over those that it may get. */
import { usualCards } from '../catalog/gpus.js'
import { type Bill, openHull } from '../estimate/bill.js'
import { hoursWords, usdWords } from '../estimate/bill-words.js'
import type { Interval } from '../estimate/network.js'
import type { Rate } from '../estimate/rate.js'

/** Where nothing says on which card something runs: the range over those that the job allows, or over usual ones. */
export function onAnyCard(
  allowed: readonly string[] | null,
  usual: readonly string[],
  on: (card: string, price: CardPrice) => Bill,
): Bill {
  const choices = (cards: readonly string[], price: CardPrice) =>
    cards.map((card) => ({ card, bill: on(card, price) }))
  const listed = allowed === null ? [] : choices(allowed, 'any').filter(({ bill }) => bill.rate !== null)
  const named = listed.length > 0
  // Who has chosen neither a card nor a provider is not bound to a dear one.
  const cards = usual.length > 0 ? usual : usualCards
  const lowest = named ? listed : choices(cards, 'lowest')
  // What it costs at most it costs at most with any provider.
  const bounded = !named && lowest.some(({ bill }) => bill.limitOnly)
  const made = bounded ? choices(cards, 'any') : lowest
  const bills = made.map(({ bill }) => bill)
  const first = bills[0]!
  const priced = bills.every(({ rate }) => rate !== null)
  const known = bills.every(({ usd }) => usd !== null)
  const names = made.map(({ card }) => card)
  if (!named && usual.length === 0)
    return {
      ...first,
      ...notKnown,
      rate: null,
      unknown: ['on which accelerators it runs: none of the usual ones holds it'],
    }
  return {
    ...joined(bills),
    ...(named ? {} : { onAnyCard: true as const }),
    rate: priced ? { ...first.rate!, usd: hull(bills.map(({ rate }) => rate!.usd)), assumptions: [] } : null,
    ...(known ? { usdAtMost: atMostOf(bills) } : {}),
    assumptions: [
      ...first.assumptions.filter((one) => !/per \S+ and hour/.test(one)),
      named
        ? names.length === 1
          ? `a ${names[0]}, which is what it gets: list prices`
          : `any of ${names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')}, as the job allows: list prices`
        : `no accelerator is named: ${cardsText(made)}, ${bounded ? 'list prices' : 'each at its lowest list price'}; \`[hardware] default\` would say which`,
    ],
  }
}

/** Bills of one run on several machines: from the least to the most. */
export function joined(bills: readonly Bill[]): Bill {
  const first = bills[0]!
  const known = bills.every(({ usd }) => usd !== null)
  const counted = bills.flatMap(({ ofSamples }) => ofSamples ?? [])
  const paid = counted.flatMap(({ usd }) => usd ?? [])
  return {
    ...first,
    hours: known ? openHull(bills.map(({ hours }) => hours!)) : first.hours,
    usd: known ? openHull(bills.map(({ usd }) => usd!)) : null,
    lines: known ? hullOfLines(bills) : [],
    ofSamples: first.ofSamples && {
      ...first.ofSamples,
      hours: openHull(counted.map(({ hours }) => hours)),
      usd: paid.length < bills.length ? null : openHull(paid),
    },
  }
}

const notKnown = { hours: null, usd: null, limitOnly: false, ofSamples: null, lines: [] }

/** `lowest`: of all providers, the one that asks least. */
type CardPrice = 'any' | 'lowest'

interface OnCard {
  card: string
  bill: Bill
}

/**
 * 'on T4 2–6 days, $30–90; on A10G 9–30 h, $9–30, the smallest that ends within a day; on H100-SXM 1–3 h, $3–8', or only which cards
 * where the bill says nothing of a run. One card alone is much narrower than the range over all.
 */
function cardsText(made: readonly OnCard[]): string {
  const shown = made.map(({ card, bill }) => ({
    card,
    ...(bill.usd === null && bill.ofSamples !== null ? bill.ofSamples : bill),
  }))
  const [first, last] = [shown[0]!, shown[shown.length - 1]!]
  // So many samples are not the whole of a run.
  const whole = made.every(({ bill }) => bill.usd !== null)
  const inTime = ({ hours }: (typeof shown)[number]) =>
    whole && hours?.high != null && Math.sqrt(hours.low * hours.high) <= day
  const likely = shown.find(inTime) ?? last
  const words = [...new Set([first, likely, last])].flatMap(({ card, hours, usd }) => {
    if (made.some(({ bill }) => bill.limitOnly) || hours === null || usd === null || hours.low === 0)
      return []
    const reason =
      card === likely.card && likely !== first && likely !== last
        ? ', the smallest that ends within a day'
        : ''
    return [`on ${card} ${hoursWords(hours)}, ${usdWords(usd)}${reason}`]
  })
  // Hours that were measured are those of one machine.
  const alike = new Set(shown.map(({ hours }) => hours?.high)).size === 1
  return words.length < 2 || alike ? `from ${first.card} to ${last.card}` : words.join('; ')
}

/** Hours that people wait for a run before they take a faster card, by the middle of its range. */
const day = 24

/** The rate at its lowest. */
export function atLowest(rate: Rate | { missing: string }): Rate | { missing: string } {
  return 'missing' in rate
    ? rate
    : { ...rate, usd: { low: rate.usd.low, high: rate.usd.low }, dearest: rate.usd.high }
}

/** USD at the dearest provider; null: there is no end. */
function atMostOf(bills: readonly Bill[]): number | null {
  const most = bills.map(({ usd, rate }) => {
    const { dearest, usd: hourly } = rate!
    if (usd!.high === null || dearest === undefined || hourly.high === 0) return usd!.high
    return (usd!.high * dearest) / hourly.high
  })
  return most.some((one) => one === null) ? null : Math.max(...most.map((one) => one!))
}

/** The lines that all have, each from the least to the most. */
function hullOfLines(bills: readonly Bill[]): Bill['lines'] {
  return bills[0]!.lines.flatMap(({ what }) => {
    const same = bills.map(({ lines }) => lines.find((one) => one.what === what)?.hours)
    const hours = same.flatMap((one) => one ?? [])
    return hours.length < bills.length ? [] : [{ what, hours: openHull(hours) }]
  })
}

export function hull(all: readonly Interval[]): Interval {
  return { low: Math.min(...all.map((one) => one.low)), high: Math.max(...all.map((one) => one.high)) }
}
