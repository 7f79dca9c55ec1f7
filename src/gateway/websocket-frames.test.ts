import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameTracker } from './websocket-frames.ts'

function frame(opcode: number, length: number, masked: boolean): Buffer {
  const extended = length < 126 ? Buffer.alloc(0) : length < 65_536 ? Buffer.alloc(2) : Buffer.alloc(8)
  if (extended.length === 2) extended.writeUInt16BE(length)
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length))
  const short = length < 126 ? length : extended.length === 2 ? 126 : 127
  const mask = masked ? Buffer.from([0x81, 0x82, 0x83, 0x84]) : Buffer.alloc(0)
  // Payload bytes that look like heads, so that a tracker that loses count goes wrong.
  return Buffer.concat([
    Buffer.from([0x80 | opcode, (masked ? 0x80 : 0) | short]),
    extended,
    mask,
    Buffer.alloc(length, 0x88),
  ])
}

void test('frame borders are found wherever the bytes are cut', () => {
  const frames = [
    frame(1, 0, false),
    frame(2, 5, true),
    frame(1, 125, false),
    frame(2, 126, true),
    frame(0, 300, false),
    frame(9, 1, true),
  ]
  const bytes = Buffer.concat(frames)
  const borders = new Set([0])
  let end = 0
  for (const each of frames) borders.add((end += each.length))
  for (let step = 1; step <= 17; step++) {
    const tracker = createFrameTracker()
    for (let offset = 0; offset < bytes.length; offset += step) {
      const piece = bytes.subarray(offset, offset + step)
      const border = tracker.push(piece)
      assert.equal(tracker.atBorder, borders.has(offset + piece.length))
      if (border > 0) assert.ok(borders.has(offset + border))
    }
    assert.ok(tracker.atBorder)
    assert.ok(!tracker.closeSeen)
  }
})

void test('the last border of several is the one that is told, and 64-bit lengths count', () => {
  const tracker = createFrameTracker()
  const two = Buffer.concat([frame(1, 3, false), frame(1, 70_000, false)])
  assert.equal(tracker.push(Buffer.concat([two, frame(1, 9, false).subarray(0, 4)])), two.length)
  assert.ok(!tracker.atBorder)
})

void test('a close frame counts once it has passed completely', () => {
  const tracker = createFrameTracker()
  const close = frame(8, 2, true)
  tracker.push(close.subarray(0, close.length - 1))
  assert.ok(!tracker.closeSeen)
  tracker.push(close.subarray(close.length - 1))
  assert.ok(tracker.closeSeen)
})
