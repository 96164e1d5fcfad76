/**
 * Cron schedules of workflows: five fields, `@daily` and its like, `@every 5m`, `CRON_TZ=Zone …`.
 *
 * @module
 */

/** A parsed schedule: the next time after another, undefined if there is none; milliseconds since the epoch. */
export type CronSchedule = (after: number) => number | undefined;

const MACROS: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DURATION = /^(\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, "µs": 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MINUTE = 60_000;
const DAY = 86_400_000;
const SEARCHED_DAYS = 5 * 366;

interface Field {
  values: ReadonlySet<number>;
  isStar: boolean;
}

interface Fields {
  minute: Field;
  hour: Field;
  dayOfMonth: Field;
  month: Field;
  dayOfWeek: Field;
}

/** Parses a schedule, undefined if it is none. */
export function parseCron(text: string): CronSchedule | undefined {
  const zoned = /^(?:CRON_TZ|TZ)=(\S+)\s+(.*)$/.exec(text.trim());
  const offsetAt = zoned ? zoneOffset(zoned[1]) : () => 0;
  if (!offsetAt) return undefined;
  const spec = (zoned ? zoned[2] : text).trim();
  if (spec.startsWith("@every ")) return parseEvery(spec.slice("@every ".length).trim());
  const fields = parseFields(MACROS[spec.toLowerCase()] ?? spec);
  return fields && ((after) => findNext(fields, after, offsetAt));
}

/** How long until the next run of a schedule, rounded up to seconds; milliseconds, undefined if there is none. */
export function cronDelay(schedule: CronSchedule, scheduledAt: number, now: number): number | undefined {
  let next: number | undefined = now < scheduledAt ? scheduledAt : schedule(scheduledAt);
  while (next !== undefined && next < now) next = schedule(next);
  return next === undefined ? undefined : Math.ceil((next - now) / 1000) * 1000;
}

function parseEvery(text: string): CronSchedule | undefined {
  if (!DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * UNITS[unit];
  }
  const interval = Math.max(Math.floor(ms / 1000), 1) * 1000;
  return (after) => Math.floor(after / 1000) * 1000 + interval;
}

function parseFields(spec: string): Fields | undefined {
  const parts = spec.split(/\s+/);
  if (parts.length !== 5) return undefined;
  const minute = parseField(parts[0], 0, 59);
  const hour = parseField(parts[1], 0, 23);
  const dayOfMonth = parseField(parts[2], 1, 31);
  const month = parseField(parts[3], 1, 12, MONTHS, 1);
  const dayOfWeek = parseField(parts[4], 0, 6, DAYS, 0);
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) return undefined;
  return { minute, hour, dayOfMonth, month, dayOfWeek };
}

function parseField(text: string, least: number, most: number, names: string[] = [], first = 0): Field | undefined {
  const values = new Set<number>();
  let isStar = false;
  for (const item of text.split(",")) {
    const match = /^(\*|\?|[^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(item);
    if (!match) return undefined;
    const [, from, to, stepText] = match;
    const isAll = from === "*" || from === "?";
    if (isAll && to !== undefined) return undefined;
    const step = stepText === undefined ? 1 : Number(stepText);
    const start = isAll ? least : readNumber(from, names, first);
    const end = isAll || (to === undefined && stepText !== undefined)
      ? most
      : to === undefined
      ? start
      : readNumber(to, names, first);
    if (step < 1 || !(start >= least && end <= most && start <= end)) return undefined;
    for (let value = start; value <= end; value += step) values.add(value);
    isStar ||= isAll && step === 1;
  }
  return { values, isStar };
}

function readNumber(text: string, names: string[], first: number): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return index + first;
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

function findNext(fields: Fields, after: number, offsetAt: (time: number) => number): number | undefined {
  const start = Math.floor(after / MINUTE) * MINUTE + MINUTE;
  const local = start + offsetAt(start);
  let day = Math.floor(local / DAY) * DAY;
  for (let count = 0; count < SEARCHED_DAYS; count++, day += DAY) {
    if (!isDayIn(fields, new Date(day))) continue;
    for (const hour of sorted(fields.hour)) {
      for (const minute of sorted(fields.minute)) {
        const wanted = day + hour * 3_600_000 + minute * MINUTE;
        const time = wanted - offsetAt(wanted - offsetAt(wanted));
        if (time >= start && time > after) return time;
      }
    }
  }
  return undefined;
}

function sorted(field: Field): number[] {
  return [...field.values].sort((one, other) => one - other);
}

function isDayIn({ dayOfMonth, month, dayOfWeek }: Fields, day: Date): boolean {
  if (!month.values.has(day.getUTCMonth() + 1)) return false;
  const byMonth = dayOfMonth.values.has(day.getUTCDate());
  const byWeek = dayOfWeek.values.has(day.getUTCDay());
  return dayOfMonth.isStar || dayOfWeek.isStar ? byMonth && byWeek : byMonth || byWeek;
}

function zoneOffset(zone: string): ((time: number) => number) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
}
