/** Seeded series of one sample a second: log-normal noise about a level, with a wave and a shift where asked. */
import { type Random, seededRandom } from "../../../src/measure/index.ts";

export interface SeriesShape {
  /** Of the logarithm. */
  readonly sigma: number;
  /** Autocorrelation of lag 1 of the logarithm, 0 to 1. */
  readonly correlation?: number;
  /** Amplitude of a daily wave as a share of the level. */
  readonly wave?: number;
  /** Share of samples that are ten times as high. */
  readonly spikes?: number;
}

export const day = 86_400;

function normal(random: Random): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** @param shift factor of all samples from `shiftAt` on */
export function series(
  { sigma, correlation = 0, wave = 0, spikes = 0 }: SeriesShape,
  samples: number,
  seed: number,
  shiftAt = samples,
  shift = 1,
): Float64Array {
  const random = seededRandom(seed);
  const draw = normal(random);
  const phase = random() * 2 * Math.PI;
  const fresh = Math.sqrt(1 - correlation ** 2);
  const values = new Float64Array(samples);
  let noise = draw();
  for (let i = 0; i < samples; i++) {
    if (i > 0) noise = correlation * noise + fresh * draw();
    let value = 20 * Math.exp(sigma * noise) * (1 + wave * Math.sin(phase + (2 * Math.PI * i) / day));
    if (i >= shiftAt) value *= shift;
    if (spikes > 0 && random() < spikes) value *= 10;
    values[i] = value;
  }
  return values;
}
