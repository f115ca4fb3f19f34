/** What the tokens of Python are, for `quick-scanner.ts`. */

/** Kinds of tokens. A sign of one character is its own code; signs of several follow from 128, keywords from 160. */
export const Token = {
  end: 0,
  newline: 1,
  indent: 2,
  dedent: 3,
  name: 4,
  number: 5,
  string: 6,
  /** The opening quotes of a string with expressions inside. */
  format: 7,
  percent: 37,
  ampersand: 38,
  open: 40,
  close: 41,
  star: 42,
  plus: 43,
  comma: 44,
  minus: 45,
  dot: 46,
  slash: 47,
  colon: 58,
  semicolon: 59,
  less: 60,
  assign: 61,
  greater: 62,
  at: 64,
  openSquare: 91,
  closeSquare: 93,
  caret: 94,
  openCurly: 123,
  bar: 124,
  closeCurly: 125,
  tilde: 126,
  exclamation: 33,
  power: 128,
  floorDivide: 129,
  shiftLeft: 130,
  shiftRight: 131,
  lessEqual: 132,
  greaterEqual: 133,
  equal: 134,
  unequal: 135,
  arrow: 136,
  walrus: 137,
  ellipsis: 138,
  /** `+=` and its like; `value` says which. */
  augmented: 139,
  and: 160,
  or: 161,
  not: 162,
  in: 163,
  is: 164,
  if: 165,
  else: 166,
  elif: 167,
  for: 168,
  while: 169,
  with: 170,
  as: 171,
  try: 172,
  except: 173,
  finally: 174,
  def: 175,
  class: 176,
  return: 177,
  import: 178,
  from: 179,
  lambda: 180,
  yield: 181,
  await: 182,
  async: 183,
  pass: 184,
  break: 185,
  continue: 186,
  global: 187,
  nonlocal: 188,
  del: 189,
  raise: 190,
  assert: 191,
  true: 192,
  false: 193,
  none: 194,
} as const

export const keywords = new Map<string, number>([
  ...(
    'and or not in is if else elif for while with as try except finally def class return import from lambda yield ' +
    'await async pass break continue global nonlocal del raise assert'
  )
    .split(' ')
    .map((word): [string, number] => [word, Token[word as keyof typeof Token]]),
  ['True', Token.true],
  ['False', Token.false],
  ['None', Token.none],
])

/** Bits of the characters of ASCII. */
export const inName = 1
export const digit = 2
export const classes = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  if (/\w/.test(character)) classes[code] = inName
  if (/\d/.test(character)) classes[code]! |= digit
}

/** Signs that `=` may follow. */
export const isCalculating = new Uint8Array(256)
for (const kind of [
  Token.plus,
  Token.minus,
  Token.star,
  Token.slash,
  Token.percent,
  Token.at,
  Token.ampersand,
  Token.bar,
  Token.caret,
  Token.power,
  Token.floorDivide,
  Token.shiftLeft,
  Token.shiftRight,
])
  isCalculating[kind] = 1
