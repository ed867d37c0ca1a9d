import { Chain, type Link, linkOf } from "./chain.ts";

/** Whom a job is from. All those that nobody knows the origin of share one. */
export type Origin = string | undefined;

/** The jobs of one origin, in their order. There is a line only while there is a job in it. */
interface Line<Job> {
  readonly origin: Origin;
  readonly jobs: Chain<Job>;
  length: number;
}

/** Where a job waits. */
export interface Waiting<Job> {
  readonly line: Link<Line<Job>>;
  readonly job: Link<Job>;
}

/**
 * A queue that is shared out evenly by origin: each has a line of its own, and the lines take turns, one job at a time.
 * Nothing here takes longer the more there is in it.
 */
export class FairQueue<Job> {
  readonly #lines = new Map<Origin, Link<Line<Job>>>();
  /** The lines in the order of their turns. */
  readonly #turns = new Chain<Line<Job>>();
  /** The lines by how long they are, so that a longest one is at hand. */
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
    const job = linkOf(value);
    line.value.jobs.append(job);
    this.#resize(line, 1);
    return { line, job };
  }

  /** Takes out a job that waits, wherever it stands. */
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
   * Takes out the newest job of the longest line, for one more of an origin whose line would still be shorter. `undefined`
   * where it would not: to put one in the place of another that has waited longer would be no fairer.
   */
  makeRoom(origin: Origin): Job | undefined {
    const length = this.#lines.get(origin)?.value.length ?? 0;
    const [line] = this.#byLength[this.#longest] ?? [];
    if (line === undefined || length + 1 >= line.value.length) return undefined;
    return this.#take(line, line.value.jobs.last);
  }

  #open(origin: Origin): Link<Line<Job>> {
    const line = linkOf<Line<Job>>({ origin, jobs: new Chain(), length: 0 });
    this.#turns.append(line);
    this.#lines.set(origin, line);
    return line;
  }

  /** Takes out a line's first or last job, which there is as long as there is the line. */
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
    // By one is enough: the line that was the last of the longest is one shorter now, and no less.
    if (this.#byLength[this.#longest]?.size === 0) this.#longest -= 1;
  }
}
