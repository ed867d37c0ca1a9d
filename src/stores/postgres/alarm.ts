/** Waiting that somebody else may end, also before it begins. */
export interface Alarm {
  /** Ends the waiting that is under way, or the next. */
  readonly wake: () => void;
  /** Resolves after some milliseconds, or once it is woken. */
  awaited(ms: number): Promise<void>;
}

/** Makes an alarm, which keeps no process alive. */
export function alarm(): Alarm {
  let isWoken = false;
  let stop = (): void => undefined;
  return {
    wake() {
      isWoken = true;
      stop();
    },
    async awaited(ms) {
      if (!isWoken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          timer.unref();
          stop = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isWoken = false;
    },
  };
}
