/** A pause that can be ended early. */
export interface Alarm {
  /** Ends the current pause, or the next one if there is none. */
  readonly wake: () => void;
  /** Resolves after some milliseconds, or as soon as `wake` is called. */
  sleep(ms: number): Promise<void>;
}

/** Creates an alarm. Its timer does not keep the process alive. */
export function createAlarm(): Alarm {
  let isWoken = false;
  let stop = (): void => undefined;
  return {
    wake() {
      isWoken = true;
      stop();
    },
    async sleep(ms) {
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
