// Preloaded before a bundle: lets its process live at another time, so that a settle time of minutes is not waited for.
// The bundle stays as it is. Timers run as ever; only what Date says is moved.
const RealDate = Date;
let offsetMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }
  static now() {
    return RealDate.now() + offsetMs;
  }
};

/** From now on it is this time. */
globalThis.setClock = (nowMs) => {
  offsetMs = nowMs - RealDate.now();
};
