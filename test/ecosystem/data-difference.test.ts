import assert from 'node:assert/strict'
import { type DataNode, differences } from './data-difference.js'

const scalar = (value: string): DataNode => ({ scalar: value, type: 'str' })
const shown = (before: DataNode, after: DataNode) =>
  differences(before, after).map(
    ({ kind, path, aliases }) => `${kind} ${path.join('.')}${aliases > 0 ? ` +${aliases}` : ''}`,
  )

describe('differences of data', () => {
  it('are keys and values that came, went or changed', () => {
    const before: DataNode = {
      map: [
        ['a', scalar('1')],
        ['b', scalar('2')],
        ['c', scalar('3')],
      ],
    }
    const after: DataNode = {
      map: [
        ['a', scalar('1')],
        ['b', scalar('4')],
        ['d', { list: [] }],
      ],
    }
    assert.deepEqual(shown(before, after), ['changed b', 'removed c', 'added d'])
    assert.deepEqual(shown(before, before), [])
  })

  it('are the items between equal heads and tails', () => {
    const list = (...values: string[]): DataNode => ({ list: values.map(scalar) })
    assert.deepEqual(shown(list('a', 'b', 'c'), list('a', 'x', 'b', 'c')), ['added 1'])
    assert.deepEqual(shown(list('a', 'b', 'c'), list('a', 'c')), ['removed 1'])
    assert.deepEqual(shown(list('a', 'b', 'c'), list('a', 'd', 'c')), ['changed 1'])
  })

  it('tell keys apart that stand there twice, and a scalar from a map', () => {
    const twice = (second: DataNode): DataNode => ({
      map: [
        ['block', scalar('1')],
        ['block', second],
      ],
    })
    assert.deepEqual(shown(twice(scalar('2')), twice({ map: [] })), ['changed block#2'])
  })

  it('count the places that hold the same data through an alias', () => {
    const document = (value: string): DataNode => ({
      map: [
        ['first', { map: [['gpus', scalar(value)]], shared: 0 }],
        ['second', { alias: 0 }],
        ['third', { alias: 0 }],
      ],
    })
    assert.deepEqual(shown(document('8'), document('1')), ['changed first.gpus +2'])
  })
})
