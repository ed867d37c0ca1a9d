import { Chain, createLink, type Link } from "./chain.ts";

/** Where a job comes from. All jobs of unknown origin share one origin. */
export type Origin = string | undefined;

/** The jobs of one origin, in their order. A line exists only while it has jobs. */
interface Line<Job> {
  readonly origin: Origin;
  readonly jobs: Chain<Job>;
  length: number;
}

/** The place of a waiting job. */
export interface Waiting<Job> {
  readonly line: Link<Line<Job>>;
  readonly job: Link<Job>;
}

/**
 * A queue that origins share equally: each origin has a line of its own, and the lines take turns, one job at a time.
 * Every operation takes constant time, however many jobs wait.
 */
export class FairQueue<Job> {
  readonly #lines = new Map<Origin, Link<Line<Job>>>();
  /** The lines in the order of their turns. */
  readonly #turns = new Chain<Line<Job>>();
  /** The lines by their length, to find a longest one in constant time. */
  readonly #byLength: Set<Link<Line<Job>>>[] = [];
  #longest = 0;
  #length = 0;

  /** How many jobs wait. */
  get length(): number {
    return this.#length;
  }

  /** Puts a job at the end of its origin's line. */
  add(origin: Origin, value: Job): Waiting<Job> {
    const line = this.#lines.get(origin) ?? this.#open(origin);
    const job = createLink(value);
    line.value.jobs.append(job);
    this.#resize(line, 1);
    return { line, job };
  }

  /** Removes a waiting job. */
  remove({ line, job }: Waiting<Job>): void {
    line.value.jobs.remove(job);
    this.#resize(line, -1);
    if (line.value.length > 0) return;
    this.#turns.remove(line);
    this.#lines.delete(line.value.origin);
  }

  /** Takes out the oldest job of the line whose turn it is; `undefined` where nothing waits. */
  next(): Job | undefined {
    const line = this.#turns.first;
    if (line === null) return undefined;
    this.#turns.remove(line);
    this.#turns.append(line);
    return this.#take(line, line.value.jobs.first);
  }

  /**
   * Makes room for a job of an origin: removes the newest job of the longest line. It does this only if the new job's
   * line, with that job in it, is shorter than the longest line. Otherwise it returns `undefined`, and the new job is
   * refused.
   */
  makeRoom(origin: Origin): Job | undefined {
    const length = this.#lines.get(origin)?.value.length ?? 0;
    const [line] = this.#byLength[this.#longest] ?? [];
    if (line === undefined || length + 1 >= line.value.length) return undefined;
    return this.#take(line, line.value.jobs.last);
  }

  #open(origin: Origin): Link<Line<Job>> {
    const line = createLink<Line<Job>>({ origin, jobs: new Chain(), length: 0 });
    this.#turns.append(line);
    this.#lines.set(origin, line);
    return line;
  }

  /** Takes out the first or last job of a line. There is one, as long as the line exists. */
  #take(line: Link<Line<Job>>, end: Link<Job> | null): Job {
    const job = end as Link<Job>;
    this.remove({ line, job });
    return job.value;
  }

  #resize(line: Link<Line<Job>>, by: 1 | -1): void {
    this.#byLength[line.value.length]?.delete(line);
    line.value.length += by;
    this.#length += by;
    const { length } = line.value;
    this.#byLength[length] ??= new Set();
    if (length > 0) this.#byLength[length].add(line);
    this.#longest = Math.max(this.#longest, length);
    // If the only longest line lost a job, it is one shorter, and still a longest line.
    if (this.#byLength[this.#longest]?.size === 0) this.#longest -= 1;
  }
}
