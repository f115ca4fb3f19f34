import assert from 'node:assert/strict'
import { decode, type Encoding, encode } from '../../server/src/text/decode.js'

const utf8 = (text: string) => new TextEncoder().encode(text)
const bytes = (...parts: (number[] | string)[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...utf8(part)] : part)))

describe('text/decode', () => {
  it('reads UTF-8, with and without a byte-order mark', () => {
    assert.deepEqual(decode(utf8('x = "é😀"\r\n')), { text: 'x = "é😀"\r\n', encoding: 'utf-8', bom: false })
    assert.deepEqual(decode(bytes([0xef, 0xbb, 0xbf], 'é')), { text: 'é', encoding: 'utf-8', bom: true })
    assert.deepEqual(decode(new Uint8Array()), { text: '', encoding: 'utf-8', bom: false })
  })
  it('reads UTF-16 with a byte-order mark', () => {
    assert.deepEqual(decode(bytes([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde])), {
      text: 'a😀',
      encoding: 'utf-16le',
      bom: true,
    })
    assert.deepEqual(decode(bytes([0xfe, 0xff, 0, 0x61])), { text: 'a', encoding: 'utf-16be', bom: true })
    assert.match(decode(bytes([0xff, 0xfe, 0x61])).problem ?? '', /odd number/)
    assert.match(decode(bytes([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])).problem ?? '', /UTF-32/)
  })
  it('reads what a coding line names', () => {
    const latin = bytes('# -*- coding: latin-1 -*-\nx = "', [0xe9, 0x80], '"\n')
    assert.deepEqual(decode(latin), {
      text: '# -*- coding: latin-1 -*-\nx = "é\x80"\n',
      encoding: 'latin-1',
      bom: false,
    })
    const windows = bytes('#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = "', [0x80], '"\n')
    assert.deepEqual(decode(windows), {
      text: '#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = "€"\n',
      encoding: 'cp1252',
      bom: false,
    })
    const third = bytes('import a\n# coding: latin-1\nx = "é"\n')
    assert.equal(decode(third).problem, undefined)
    assert.equal(decode(third).text, 'import a\n# coding: latin-1\nx = "é"\n')
  })
  it('says what it cannot read', () => {
    assert.equal(decode(bytes('PK', [0, 1])).problem, 'binary file (it holds NUL bytes)')
    assert.equal(decode(bytes('x = "', [0xe9], '"')).problem, 'not valid UTF-8')
    assert.match(
      decode(bytes('# coding: koi8-r\nx = "', [0xe9], '"')).problem ?? '',
      /^not valid UTF-8; .*koi8-r/,
    )
  })
  it('writes back the bytes that it read', () => {
    const files = [
      utf8('x = "é😀"\r\n'),
      bytes([0xef, 0xbb, 0xbf], 'é'),
      bytes([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde]),
      bytes([0xfe, 0xff, 0, 0x61]),
      bytes(
        '# coding: latin-1\n',
        Array.from({ length: 255 }, (_, at) => at + 1),
      ),
      bytes(
        '# coding: cp1252\n',
        Array.from({ length: 255 }, (_, at) => at + 1),
      ),
    ]
    for (const file of files) {
      const decoded = decode(file)
      assert.ok(decoded.problem === undefined)
      assert.deepEqual(encode(decoded.text, decoded), file)
    }
  })
  it('says which character an encoding lacks', () => {
    const as = (encoding: Encoding) => ({ encoding, bom: false })
    assert.equal(encode('a€', as('latin-1')), '"€" cannot be written in latin-1')
    assert.equal(encode('aœ\u0152Ж', as('cp1252')), '"Ж" cannot be written in cp1252')
  })
})
