const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const month = `(${months.join("|")})`;
const time = "(\\d\\d):(\\d\\d):(\\d\\d)";
const preferred = new RegExp(`^${day}, (\\d\\d) ${month} (\\d{4}) ${time} GMT$`);
const rfc850 = new RegExp(
  `^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\\d\\d)-${month}-(\\d\\d) ${time} GMT$`,
);
const asctime = new RegExp(`^${day} ${month} ((?: |\\d)\\d) ${time} (\\d{4})$`);

/**
 * Reads a date of HTTP in one of its three forms, and takes nothing else for one: a date that is nearly right may be
 * off by hours, and counts as stale.
 * @param now what "now" is, milliseconds of the epoch: two digits of a year mean at most 50 years ahead
 * @returns milliseconds of the epoch, or `undefined` when it is no such date
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  let match = preferred.exec(value);
  if (match !== null) return epoch(+match[3]!, match[2]!, +match[1]!, match, 4);
  match = rfc850.exec(value);
  if (match !== null) {
    const thisYear = new Date(now).getUTCFullYear();
    let year = thisYear - (thisYear % 100) + +match[3]!;
    if (year > thisYear + 50) year -= 100;
    return epoch(year, match[2]!, +match[1]!, match, 4);
  }
  match = asctime.exec(value);
  return match === null ? undefined : epoch(+match[6]!, match[1]!, +match[2]!, match, 3);
}

function epoch(
  year: number,
  monthName: string,
  dayOfMonth: number,
  match: RegExpExecArray,
  hourAt: number,
): number | undefined {
  const hour = +match[hourAt]!;
  const minute = +match[hourAt + 1]!;
  const second = +match[hourAt + 2]!;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const monthIndex = months.indexOf(monthName);
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, monthIndex, dayOfMonth);
  if (date.getUTCMonth() !== monthIndex || dayOfMonth === 0) return undefined;
  return date.setUTCHours(hour, minute, Math.min(second, 59));
}
