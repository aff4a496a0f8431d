import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { at, type Candidate, path, STEPS } from "../candidate.ts";

/**
 * MSTL (Bandara, Hyndman & Bergmeir 2021) with AutoETS on the deseasonalised series, as augurs 0.10.2 does it: the
 * reference from a library. Undefined, with the reason, where it cannot be loaded.
 */
export async function augursMstl(): Promise<Candidate | string> {
  try {
    const { MSTL, initSync } = await import("@bsull/augurs/mstl");
    // the package exports no .wasm, so its file is found beside its entry
    const entry = createRequire(import.meta.url).resolve("@bsull/augurs");
    initSync({ module: readFileSync(join(dirname(entry), "mstl_bg.wasm")) });
    return {
      name: "augurs MSTL + AutoETS",
      fit: (_, season) => (series) => {
        const model = MSTL.ets([season]);
        model.fit(series);
        const { point } = model.predict(STEPS);
        model.free();
        return path((step) => Math.max(0, at(point, step)));
      },
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
