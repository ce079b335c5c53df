import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "../../../src/cache/tiered/envelope.ts";

const mark = fc.stringMatching(/^[a-z0-9]{0,16}$/);
const time = fc.double({ noNaN: true });
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  isAbsent: fc.boolean(),
  codec: mark,
  compression: mark,
  createdAt: time,
  freshUntil: time,
  staleUntil: time,
  errorUntil: time,
  loadMs: time,
  body: fc.uint8Array({ maxLength: 100 }),
});

test("what goes into an envelope comes out again", () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const decoded = decodeEnvelope(encodeEnvelope(envelope));
      expect({ ...decoded, body: [...decoded!.body] }).toEqual({ ...envelope, body: [...envelope.body] });
    }),
  );
});

test("an envelope that is damaged anywhere, too short or too long is none", () => {
  fc.assert(
    fc.property(envelopes, fc.nat(), fc.integer({ min: 1, max: 255 }), (envelope, at, flip) => {
      const bytes = encodeEnvelope(envelope);
      const damaged = Uint8Array.from(bytes);
      damaged[at % bytes.length]! ^= flip;
      expect(decodeEnvelope(damaged)).toBeUndefined();
      expect(decodeEnvelope(bytes.subarray(0, at % bytes.length))).toBeUndefined();
      expect(decodeEnvelope(Buffer.concat([bytes, Uint8Array.of(flip)]))).toBeUndefined();
    }),
  );
});

test("bytes of any content are no envelope, and do no harm", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeEnvelope(bytes) === undefined));
});
