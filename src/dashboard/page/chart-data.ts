/** Columns of a chart, as uPlot takes them: times first; `null` is a gap. */
export type ChartColumns = [number[], ...(number | null)[][]];

/**
 * Takes the part of the samples that a chart shows, and thins it out: where several share a pixel, the smallest and the
 * largest of each line stay, so that no peak is lost. A stretch without samples becomes a gap.
 * @param times    ascending, ms
 * @param columns  values over `times`; NaN is no value
 * @param from     what is earlier is left out
 * @param gapMs    a longer pause between two samples is a gap
 * @param pixels   width of the chart
 */
export function chartColumns(
  times: Float64Array,
  columns: readonly Float32Array[],
  from: number,
  gapMs: number,
  pixels: number,
): ChartColumns {
  let first = 0;
  while (first < times.length && times[first]! < from) first++;
  const count = times.length - first;
  const step = count > 3 * pixels ? Math.ceil(count / pixels) : 1;
  const x: number[] = [];
  const lines = columns.map((): (number | null)[] => []);
  let last = Number.NaN;
  for (let start = first; start < times.length; start += step) {
    const end = Math.min(start + step, times.length);
    const time = times[start]!;
    if (time - last > gapMs) {
      x.push(last + 1);
      for (const line of lines) line.push(null);
    }
    last = times[end - 1]!;
    if (end - start === 1) {
      x.push(time);
      for (const [i, line] of lines.entries()) line.push(known(columns[i]![start]!));
      continue;
    }
    x.push(time, last);
    for (const [i, line] of lines.entries()) line.push(...ends(columns[i]!, start, end));
  }
  return [x, ...lines];
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Smallest and largest, in the order in which they came. */
function ends(column: Float32Array, start: number, end: number): [number | null, number | null] {
  let [low, high] = [-1, -1];
  for (let i = start; i < end; i++) {
    const value = column[i]!;
    if (Number.isNaN(value)) continue;
    if (low < 0 || value < column[low]!) low = i;
    if (high < 0 || value > column[high]!) high = i;
  }
  if (low < 0) return [null, null];
  return [column[Math.min(low, high)]!, column[Math.max(low, high)]!];
}
